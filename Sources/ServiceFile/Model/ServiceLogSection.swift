// Where a service's output goes.

/// The log of one service (`mode: pipe`).
public struct ServiceLogSection: Sendable, Equatable {
  /// Where it is written.
  public var path: Path
  /// Bytes after which the file is rotated; at least 1.
  public var maxSize: UInt64
  /// Files kept, the present one among them; at least 1.
  public var maxFiles: Int
  /// Each line begins with its time.
  public var timestamps: Bool
  /// Lines kept in memory.
  public var memoryLines: Int

  /// A log with the defaults of the service file.
  public init(
    path: Path = .default, maxSize: UInt64 = 10_000_000, maxFiles: Int = 5, timestamps: Bool = true, memoryLines: Int = 1000
  ) {
    self.path = path
    self.maxSize = maxSize
    self.maxFiles = maxFiles
    self.timestamps = timestamps
    self.memoryLines = memoryLines
  }

  /// Where a log is written.
  public enum Path: Sendable, Equatable {
    /// `STATE_DIR/logs/NAME.log`
    case `default`
    /// Only the last lines are kept, in memory.
    case none
    /// An absolute path.
    case file(String)
  }
}
