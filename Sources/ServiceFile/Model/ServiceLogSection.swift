// The log of a service.

/// The log of one service.
package struct ServiceLogSection: Sendable, Equatable {
  /// The writer of the log.
  package var mode: Mode
  /// The file of the log.
  package var path: Path
  /// The file of standard error; nil: the same. Only with `Mode.pipe` and `Streams.split`.
  package var errorPath: Path?
  /// Whether others may have the same file, which they say too; never with `Mode.direct`.
  package var isShared: Bool
  /// Bytes after which the file is rotated; at least 1.
  package var maxSize: UInt64
  /// Files kept, including the current one; at least 1.
  package var maxFiles: Int
  /// Whether each line begins with its time; never with `Mode.direct`.
  package var timestamps: Bool
  /// The pipes of its two outputs; always `merged` with `Mode.direct`.
  package var streams: Streams
  /// Lines kept in memory.
  package var memoryLines: Int

  /// A log with the defaults of the service file.
  package init(
    mode: Mode = .pipe, path: Path = .default, errorPath: Path? = nil, isShared: Bool = false, maxSize: UInt64 = 10_000_000,
    maxFiles: Int = 5, timestamps: Bool = true,
    streams: Streams = .split, memoryLines: Int = 1000
  ) {
    self.mode = mode
    self.path = path
    self.errorPath = errorPath
    self.isShared = isShared
    self.maxSize = maxSize
    self.maxFiles = maxFiles
    self.timestamps = timestamps
    self.streams = streams
    self.memoryLines = memoryLines
  }

  /// The writer of a log.
  package enum Mode: String, Sendable, CaseIterable {
    /// Stoker, which reads the service's output through a pipe.
    case pipe
    /// The service itself: its output is the file, so `path` is not `none`.
    case direct
  }

  /// The way of standard output and standard error.
  package enum Streams: String, Sendable, CaseIterable {
    /// Each by a pipe of its own: lines are known by their stream, and those of one moment may change places.
    case split
    /// Both by one pipe, in the order in which they were written.
    case merged
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
