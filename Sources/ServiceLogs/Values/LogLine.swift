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
  /// The time of its first part, if its newline has not come yet: a prompt, a progress bar; nil for a whole line.
  package var unfinishedSince: Int64?

  /// Names a line.
  package init(time: Int64, stream: LogStream, run: UInt64, text: String, unfinishedSince: Int64? = nil) {
    self.time = time
    self.stream = stream
    self.run = run
    self.text = text
    self.unfinishedSince = unfinishedSince
  }

  /// The text; of an unfinished line, what a terminal shows of it: that after the last carriage return, as far as something follows it.
  package var visible: String {
    let bytes = text.utf8
    guard unfinishedSince != nil, bytes.contains(13) else { return text }
    let end = bytes.lastIndex { $0 != 13 }.map { bytes.index(after: $0) } ?? bytes.startIndex
    let begin = bytes[..<end].lastIndex(of: 13).map { bytes.index(after: $0) } ?? bytes.startIndex
    return String(decoding: bytes[begin..<end], as: UTF8.self)
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
