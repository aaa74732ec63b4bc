// The policy by which a service's output is kept.

/// How the output of a service is kept.
package struct LogPolicy: Hashable, Sendable {
  /// The writer of the file.
  package enum Mode: String, Hashable, Sendable {
    /// The service writes into pipes, and we into the file: with times, counters and the last lines in
    /// memory.
    case pipe
    /// The service writes into the file itself: no copy, and no loss when we die.
    case direct
  }

  /// The way of the two outputs of a process.
  package enum Streams: String, Hashable, Sendable {
    /// A pipe for each.
    case split
    /// One pipe for both, which keeps their order: all of it is standard output.
    case merged
    /// One terminal for both, and for the input: programs write there line by line, which hold their output back in a pipe.
    case terminal
  }

  /// The file of standard error, where it has its own.
  package enum ErrorFile: Hashable, Sendable {
    /// None: only the last lines, in memory.
    case none
    case file(String)
  }

  /// The file; nil: only the last lines, in memory.
  package var path: String?
  /// The file of standard error; nil: that of standard output. Nothing else may lead there.
  package var errorFile: ErrorFile?
  /// Whether others write to the file, too: then every log of it says so.
  package var isShared = false
  /// Folders on the way to the file that are not made where they are missing.
  package var spared: [String] = []
  /// The writer of the file. Without a path it is `pipe`.
  package var mode: Mode
  /// The size in bytes at which a file is put aside (at a line's end, if there is one). A direct file is
  /// looked at in intervals, and split at the file system's blocks, not at lines.
  package var maxSize: UInt64
  /// The largest number of files, including the present one; those from the third on are gzipped.
  package var maxFiles: Int
  /// Whether each line in the file begins with its time, as in `2026-11-23T01:02:03.456Z `. Never in a direct
  /// file.
  package var timestamps: Bool
  /// The beginning of each line in the file, before the time: where several services share a stream. Then whole lines alone are written.
  package var label: [UInt8] = []
  /// The same for standard error, where that has its own file.
  package var errorLabel: [UInt8] = []
  /// The pipes of the next run.
  package var streams = Streams.split
  /// The number of lines that are kept in memory, within 256 KiB (rule 36).
  package var memoryLines: Int

  /// The policy of standard error, where that has its own file.
  var ofErrors: LogPolicy? {
    guard let errorFile, mode == .pipe else { return nil }
    var policy = self
    policy.path = if case .file(let path) = errorFile { path } else { nil }
    policy.errorFile = nil
    policy.isShared = false
    policy.label = errorLabel
    return policy
  }

  /// Makes a policy; the defaults are those of the service file.
  package init(
    path: String?, mode: Mode = .pipe, maxSize: UInt64 = 10_000_000, maxFiles: Int = 5, timestamps: Bool = true, memoryLines: Int = 1000
  ) {
    self.path = path
    self.mode = mode
    self.maxSize = maxSize
    self.maxFiles = maxFiles
    self.timestamps = timestamps
    self.memoryLines = memoryLines
  }
}
