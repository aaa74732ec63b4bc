// Lines as raw bytes: copied under the lock of the memory, decoded outside of it.

/// The source and the time of a line.
struct LineOrigin {
  var time: Int64
  var run: UInt64
  var stream: LogStream
}

/// Some lines, without their newlines.
struct RawLines {
  private var lines: [(bytes: [UInt8], origin: LineOrigin)] = []

  var count: Int { lines.count }
  /// The bytes of all lines.
  private(set) var size = 0

  mutating func append(_ bytes: some Sequence<UInt8>, _ origin: LineOrigin) {
    let line = Array(bytes)
    size += line.count
    lines.append((line, origin))
  }

  func reversed() -> RawLines {
    var reversed = self
    reversed.lines.reverse()
    return reversed
  }

  /// The lines as text.
  var decoded: [LogLine] {
    lines.map { line in
      LogLine(time: line.origin.time, stream: line.origin.stream, run: line.origin.run, text: Self.text(line.bytes))
    }
  }

  static func text(_ bytes: [UInt8]) -> String {
    let text = String(decoding: bytes, as: UTF8.self)
    guard bytes.contains(0) else { return text }
    return String(String.UnicodeScalarView(text.unicodeScalars.map { $0 == "\0" ? "\u{FFFD}" : $0 }))
  }
}

/// An unfinished line with its source, decoded outside of the lock.
struct UnfinishedLogLine {
  let source: LogSource
  let line: UnfinishedLine

  /// The line as text. The beginning of a character that is not there yet is left out.
  var decoded: LogLine {
    let text = RawLines.text(Array(line.bytes.dropLast(missing)))
    return LogLine(time: line.time, stream: source.stream, run: source.run, text: text, unfinishedSince: line.began)
  }

  /// The number of bytes at the end that wait for the rest of their character.
  private var missing: Int {
    let tail = line.bytes.suffix(4)
    guard let lead = tail.lastIndex(where: { $0 & 0xC0 != 0x80 }), tail[lead] >= 0xC2, tail[lead] < 0xF5 else { return 0 }
    let length = tail[lead] < 0xE0 ? 2 : tail[lead] < 0xF0 ? 3 : 4
    let present = tail.endIndex - lead
    return present < length ? present : 0
  }
}
