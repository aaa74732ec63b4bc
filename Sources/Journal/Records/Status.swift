// How the journal is.

extension Journal {
  /// How the journal is.
  package struct Status: Sendable, Equatable {
    /// Whether what is appended is being written.
    package var isUsable = false
    /// What is wrong; nil: nothing.
    package var problem: String?
    /// Commits and openings that failed, and files that were set aside as damaged.
    package var errors: UInt64 = 0
    /// Records that were dropped because too many waited.
    package var dropped: UInt64 = 0
    /// Records that wait for being written.
    package var pending = 0
    /// Bytes of the database's files.
    package var bytes: Int64 = 0

    /// Not opened yet.
    package init() {}
  }
}
