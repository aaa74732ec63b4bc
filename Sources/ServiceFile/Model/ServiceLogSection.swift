// The log of a service.

/// The log of one service.
package struct ServiceLogSection: Sendable, Equatable {
  /// The writer of the log.
  package var mode: Mode
  /// The file of the log.
  package var path: Path
  /// Bytes after which the file is rotated; at least 1.
  package var maxSize: UInt64
  /// Files kept, including the current one; at least 1.
  package var maxFiles: Int
  /// Whether each line begins with its time; never with `Mode.direct`.
  package var timestamps: Bool
  /// Lines kept in memory.
  package var memoryLines: Int

  /// A log with the defaults of the service file.
  package init(
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

  /// The writer of a log.
  package enum Mode: String, Sendable, CaseIterable {
    /// Stoker, which reads the service's output through a pipe.
    case pipe
    /// The service itself: its output is the file, so `path` is not `none`.
    case direct
  }

  /// The file of a log.
  package enum Path: Sendable, Equatable {
    /// `STATE_DIR/logs/NAME.log`
    case `default`
    /// Only the last lines are kept, in memory.
    case none
    /// An absolute path.
    case file(String)
  }
}
