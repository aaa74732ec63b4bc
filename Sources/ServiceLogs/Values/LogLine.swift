// Lines of output, and their counters.

/// One of the two outputs of a process.
package enum LogStream: String, Hashable, Sendable, CaseIterable {
  /// Standard output.
  case stdout
  /// Standard error.
  case stderr
}

/// The source of output: a stream of a run.
struct LogSource: Hashable {
  var run: UInt64
  var stream: LogStream
}

/// A line of output.
package struct LogLine: Hashable, Sendable {
  /// The time of its reading: wall clock, nanoseconds since 1970. For a line that came in parts, the last
  /// part's.
  package var time: Int64
  /// The stream it was written to.
  package var stream: LogStream
  /// The run that wrote it.
  package var run: UInt64
  /// The text, without the newline. Invalid UTF-8 and NUL bytes are replaced by U+FFFD; of more than 16 KiB
  /// the beginning is kept.
  package var text: String

  /// Names a line.
  package init(time: Int64, stream: LogStream, run: UInt64, text: String) {
    self.time = time
    self.stream = stream
    self.run = run
    self.text = text
  }
}

/// The output of a service, counted.
package struct LogCounters: Hashable, Sendable {
  /// The output of one stream, counted.
  package struct Stream: Hashable, Sendable {
    /// Lines. An unfinished line counts when its writer is done.
    package var lines: UInt64 = 0
    /// Bytes that were read.
    package var bytes: UInt64 = 0
    /// The part of these bytes that could not be written to the file.
    package var droppedBytes: UInt64 = 0

    /// Nothing yet.
    package init() {}
  }

  /// Nothing yet.
  package init() {}

  /// The counters of standard output.
  package var stdout = Stream()
  /// The counters of standard error.
  package var stderr = Stream()

  /// The counters of one stream.
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
