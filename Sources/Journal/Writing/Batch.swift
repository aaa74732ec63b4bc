// What is written by one transaction.

/// What is written by one transaction, and is kept until that has succeeded.
struct Batch: Sendable {
  /// Batches of one life are numbered from 1: after a commit of which nobody knows whether it succeeded, the database tells by it.
  let number: Int64
  let backlog: Backlog
}
