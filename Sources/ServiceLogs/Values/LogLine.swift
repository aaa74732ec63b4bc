// What a service said, and how much.

/// One of the two outputs of a process.
package enum LogStream: String, Hashable, Sendable, CaseIterable {
  /// Standard output.
  case stdout
  /// Standard error.
  case stderr
}

/// A line of output.
package struct LogLine: Hashable, Sendable {
  /// When it was read: wall clock, nanoseconds since 1970. Of a line that came in parts, the last.
  package var time: Int64
  /// Where it was said.
  package var stream: LogStream
  /// The run that said it.
  package var run: UInt64
  /// What was said, without the newline. Invalid UTF-8 and NUL bytes are replaced by U+FFFD; of more than 16 KiB the beginning is kept.
  package var text: String

  /// Names a line.
  package init(time: Int64, stream: LogStream, run: UInt64, text: String) {
    self.time = time
    self.stream = stream
    self.run = run
    self.text = text
  }
}

/// How much a service has said.
package struct LogCounters: Hashable, Sendable {
  /// How much one stream has said.
  package struct Stream: Hashable, Sendable {
    /// Lines, an unfinished one counting when its writer is done.
    package var lines: UInt64 = 0
    /// Bytes that were read.
    package var bytes: UInt64 = 0
    /// Bytes of these that could not be written to the file.
    package var droppedBytes: UInt64 = 0

    /// Nothing yet.
    package init() {}
  }

  /// Nothing yet.
  package init() {}

  /// Of standard output.
  package var stdout = Stream()
  /// Of standard error.
  package var stderr = Stream()

  /// Of one of them.
  package subscript(stream: LogStream) -> Stream {
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
