// What a service said, and how much.

/// One of the two outputs of a process.
public enum LogStream: String, Hashable, Sendable, CaseIterable {
  /// Standard output.
  case stdout
  /// Standard error.
  case stderr
}

/// A line of output.
public struct LogLine: Hashable, Sendable {
  /// When it was read: wall clock, nanoseconds since 1970. Of a line that came in parts, the last.
  public var time: Int64
  /// Where it was said.
  public var stream: LogStream
  /// The run that said it.
  public var run: UInt64
  /// What was said, without the newline. Invalid UTF-8 and NUL bytes are replaced by U+FFFD; of more than 16 KiB the beginning is kept.
  public var text: String

  /// Names a line.
  public init(time: Int64, stream: LogStream, run: UInt64, text: String) {
    self.time = time
    self.stream = stream
    self.run = run
    self.text = text
  }
}

/// How much a service has said.
public struct LogCounters: Hashable, Sendable {
  /// How much one stream has said.
  public struct Stream: Hashable, Sendable {
    /// Lines, an unfinished one counting when its writer is done.
    public var lines: UInt64 = 0
    /// Bytes that were read.
    public var bytes: UInt64 = 0
    /// Bytes of these that could not be written to the file.
    public var droppedBytes: UInt64 = 0

    /// Nothing yet.
    public init() {}
  }

  /// Nothing yet.
  public init() {}

  /// Of standard output.
  public var stdout = Stream()
  /// Of standard error.
  public var stderr = Stream()

  /// Of one of them.
  public subscript(stream: LogStream) -> Stream {
    get {
      switch stream {
      case .stdout: stdout
      case .stderr: stderr
      }
    }
    set {
      switch stream {
      case .stdout: stdout = newValue
      case .stderr: stderr = newValue
      }
    }
  }
}
