// How a service's output is kept.

/// How the output of a service is kept.
package struct LogPolicy: Hashable, Sendable {
  /// Who writes the file.
  package enum Mode: String, Hashable, Sendable {
    /// The service writes into pipes, and we into the file: with times, counters and the last lines in memory.
    case pipe
    /// The service writes into the file itself: no copy, and nothing is lost whatever happens to us.
    case direct
  }

  /// The file; nil: only the last lines, in memory.
  package var path: String?
  /// Who writes it. Without a path it is the pipe.
  package var mode: Mode
  /// A file that would grow beyond this many bytes is put aside (at a line's end, if there is one). A direct one is looked at now and
  /// then, and parted at the file system's blocks, not at lines.
  package var maxSize: UInt64
  /// How many files there are at most, the present one among them; those from the third on are gzipped.
  package var maxFiles: Int
  /// Whether each line in the file begins with its time, as in `2026-11-23T01:02:03.456Z `. Not in a direct one.
  package var timestamps: Bool
  /// How many lines are kept in memory, within 256 KiB (rule 36).
  package var memoryLines: Int

  /// Describes how output is kept; the defaults are those of the service file.
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
