// How the journal is.

extension Journal {
  /// How the journal is.
  public struct Status: Sendable, Equatable {
    /// Whether what is appended is being written.
    public var isUsable = false
    /// What is wrong; nil: nothing.
    public var problem: String?
    /// Commits and openings that failed, and files that were set aside as damaged.
    public var errors: UInt64 = 0
    /// Records that were dropped because too many waited.
    public var dropped: UInt64 = 0
    /// Records that wait for being written.
    public var pending = 0
    /// Bytes of the database's files.
    public var bytes: Int64 = 0

    /// Not opened yet.
    public init() {}
  }
}
