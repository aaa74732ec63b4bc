// The records of one transaction.

/// The records of one transaction, kept until it has succeeded.
struct Batch: Sendable {
  /// The number of the batch in this life, from 1. After a commit with an unknown result, the number in the database
  /// decides whether it succeeded.
  let number: Int64
  let backlog: Backlog
}
