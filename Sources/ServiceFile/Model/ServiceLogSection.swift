// Where a service's output goes.

/// The log of one service.
public struct ServiceLogSection: Sendable, Equatable {
  /// Who writes it.
  public var mode: Mode
  /// Where it is written.
  public var path: Path
  /// Bytes after which the file is rotated; at least 1.
  public var maxSize: UInt64
  /// Files kept, the present one among them; at least 1.
  public var maxFiles: Int
  /// Each line begins with its time; never with `Mode.direct`.
  public var timestamps: Bool
  /// Lines kept in memory.
  public var memoryLines: Int

  /// A log with the defaults of the service file.
  public init(
    mode: Mode = .pipe, path: Path = .default, maxSize: UInt64 = 10_000_000, maxFiles: Int = 5, timestamps: Bool = true,
    memoryLines: Int = 1000
  ) {
    self.mode = mode
    self.path = path
    self.maxSize = maxSize
    self.maxFiles = maxFiles
    self.timestamps = timestamps
    self.memoryLines = memoryLines
  }

  /// Who writes a log.
  public enum Mode: String, Sendable, CaseIterable {
    /// Stoker, which reads the service's output through a pipe.
    case pipe
    /// The service itself: its output is the file, so `path` is not `none`.
    case direct
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
