// What is kept of a log in memory: the last lines, and the counters.

/// The memory's side of one log, under a lock that is never held while anything is written.
struct LogRecord {
  private(set) var lines: LineMemory
  private(set) var counters = LogCounters()

  init(lines: Int) {
    self.lines = LineMemory(lines: lines)
  }

  /// Takes what was read. `unfinished` is the beginning of a line that this stream has begun.
  mutating func append(_ bytes: UnsafeRawBufferPointer, from source: LogWriter.Source, time: Int64, unfinished: inout UnfinishedLine) {
    counters[source.stream].bytes += UInt64(bytes.count)
    var position = 0
    while let newline = bytes.newline(from: position) {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[position..<newline])
      if unfinished.isEmpty {
        counters[source.stream].lines += 1
        lines.append(rest, time: time, run: source.run, stream: source.stream)
      } else {
        unfinished.append(rest)
        finish(&unfinished, from: source, time: time)
      }
      position = newline + 1
    }
    if position < bytes.count { unfinished.append(UnsafeRawBufferPointer(rebasing: bytes[position...])) }
  }

  /// Ends a line that has no newline, if there is one.
  mutating func finish(_ unfinished: inout UnfinishedLine, from source: LogWriter.Source, time: Int64) {
    guard !unfinished.isEmpty else { return }
    counters[source.stream].lines += 1
    unfinished.bytes.withUnsafeBytes { lines.append($0, time: time, run: source.run, stream: source.stream) }
    unfinished = UnfinishedLine()
  }

  mutating func dropped(_ count: Int, stream: LogStream) {
    counters[stream].droppedBytes += UInt64(count)
  }
}

/// The beginning of a line whose end has not come yet; of a long one, as much as memory keeps.
struct UnfinishedLine {
  private(set) var bytes: [UInt8] = []
  private(set) var isEmpty = true

  mutating func append(_ more: UnsafeRawBufferPointer) {
    isEmpty = false
    bytes.append(contentsOf: more.prefix(LineMemory.lineBound - bytes.count))
  }
}
