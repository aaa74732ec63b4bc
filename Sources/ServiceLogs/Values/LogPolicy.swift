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

  /// The file; nil: only the last lines, in memory.
  package var path: String?
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
  /// The number of lines that are kept in memory, within 256 KiB (rule 36).
  package var memoryLines: Int

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
