// What is kept of a log in memory: the last lines, and the counters.

/// The memory's side of one log, under a lock that is never held while anything is written.
struct LogRecord {
  private(set) var lines: LineMemory
  private(set) var counters = LogCounters()
  /// The beginnings of lines whose ends have not come yet.
  private var unfinished: [LogSource: UnfinishedLine] = [:]
  /// How many want to be told of new lines.
  var followers = 0
  /// How many wait for something to be said.
  var expectations = 0

  init(lines: Int) {
    self.lines = LineMemory(lines: lines)
  }

  /// What is to be done about what was taken.
  struct Outcome {
    /// There are new lines, and somebody who wants to know.
    var isNews = false
    /// Somebody waits for something to be said; what was taken continues this.
    var beginning: [UInt8]?
  }

  mutating func limit(to lines: Int) { self.lines.limit(to: lines) }

  /// Takes what was read. `isCounted`: the counters have not got it otherwise.
  mutating func append(_ bytes: UnsafeRawBufferPointer, from source: LogSource, time: Int64, isCounted: Bool) -> Outcome {
    var outcome = Outcome()
    if expectations > 0 { outcome.beginning = unfinished[source]?.bytes ?? [] }
    if isCounted { counters[source.stream].bytes += UInt64(bytes.count) }
    guard let last = bytes.lastNewline(before: bytes.count) else {
      unfinished[source, default: UnfinishedLine()].append(bytes)
      return outcome
    }
    var begin = 0
    if !unfinished.isEmpty, var line = unfinished.removeValue(forKey: source), let end = bytes.newline(from: 0) {
      line.append(UnsafeRawBufferPointer(rebasing: bytes[0..<end]))
      take(line, from: source, time: time, isCounted: isCounted)
      begin = end + 1
    }
    if begin <= last {
      let whole = UnsafeRawBufferPointer(rebasing: bytes[begin...last])
      let count = whole.newlineCount
      if isCounted { counters[source.stream].lines += UInt64(count) }
      lines.append(whole, lineCount: count, origin: LineOrigin(time: time, run: source.run, stream: source.stream))
    }
    if last + 1 < bytes.count {
      unfinished[source, default: UnfinishedLine()].append(UnsafeRawBufferPointer(rebasing: bytes[(last + 1)...]))
    }
    outcome.isNews = followers > 0
    return outcome
  }

  /// Ends a line that has no newline, if there is one.
  mutating func finish(_ source: LogSource, time: Int64, isCounted: Bool) -> Outcome {
    guard let line = unfinished.removeValue(forKey: source) else { return Outcome() }
    take(line, from: source, time: time, isCounted: isCounted)
    return Outcome(isNews: followers > 0)
  }

  private mutating func take(_ line: UnfinishedLine, from source: LogSource, time: Int64, isCounted: Bool) {
    if isCounted { counters[source.stream].lines += 1 }
    let bytes = line.bytes + [10]
    let origin = LineOrigin(time: time, run: source.run, stream: source.stream)
    bytes.withUnsafeBytes { lines.append($0, lineCount: 1, origin: origin) }
  }

  mutating func skip(_ lines: UInt64) {
    unfinished = [:]
    self.lines.skip(lines)
  }

  mutating func dropped(_ count: Int, stream: LogStream) {
    counters[stream].droppedBytes += UInt64(count)
  }

  /// What was said past us.
  mutating func grew(by count: UInt64) {
    counters.stdout.bytes += count
  }
}

/// Who says something: a stream of a run.
struct LogSource: Hashable {
  var run: UInt64
  var stream: LogStream
}

/// The beginning of a line whose end has not come yet; of a long one, as much as memory keeps.
struct UnfinishedLine {
  private(set) var bytes: [UInt8] = []

  mutating func append(_ more: UnsafeRawBufferPointer) {
    bytes.append(contentsOf: more.prefix(LineMemory.lineBound - bytes.count))
  }
}
