// How a service's output is kept.

/// How the output of a service is kept.
public struct LogPolicy: Hashable, Sendable {
  /// The file; nil: only the last lines, in memory.
  public var path: String?
  /// A file that would grow beyond this many bytes is put aside (at a line's end, if there is one).
  public var maxSize: UInt64
  /// How many files there are at most, the present one among them; those from the third on are gzipped.
  public var maxFiles: Int
  /// Whether each line in the file begins with its time, as in `2026-11-23T01:02:03.456Z `.
  public var timestamps: Bool
  /// How many lines are kept in memory, within 256 KiB (rule 36).
  public var memoryLines: Int

  /// Describes how output is kept; the defaults are those of the service file.
  public init(path: String?, maxSize: UInt64 = 10_000_000, maxFiles: Int = 5, timestamps: Bool = true, memoryLines: Int = 1000) {
    self.path = path
    self.maxSize = maxSize
    self.maxFiles = maxFiles
    self.timestamps = timestamps
    self.memoryLines = memoryLines
  }
}
