// The condition of the journal.

/// The condition of the journal at one moment.
package struct JournalStatus: Sendable, Equatable {
  /// Whether records are being written.
  package var isUsable = false
  /// The problem; nil: none.
  package var problem: String?
  /// The number of failed commits and openings, and of files that were set aside as damaged.
  package var errors: UInt64 = 0
  /// The number of records that were dropped because too many waited.
  package var dropped: UInt64 = 0
  /// The number of records that wait to be written.
  package var pending = 0
  /// The size of the database's files, in bytes; nil if it is not known.
  package var bytes: Int64?

  /// The condition before the database is opened.
  package init() {}
}
