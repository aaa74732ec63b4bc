// The part of a log in memory: the last lines, and the counters.

/// The last lines and the counters of one log, under a lock that is never held while anything is written.
struct LogRecord {
  private(set) var lines: LineMemory
  private(set) var counters = LogCounters()
  /// The last moment at which output was dropped.
  private(set) var lastDrop: SuspendingClock.Instant?
  /// The unfinished lines.
  private var unfinished: [LogSource: UnfinishedLine] = [:]
  /// The number of waiting followers.
  var followers = 0
  /// The number of expectations.
  var expectations = 0

  init(lines: Int) {
    self.lines = LineMemory(lines: lines)
  }

  /// The readers' interest in new output.
  struct Appended {
    /// Whether there are new lines, and followers that wait for them.
    var isNews = false
    /// The unfinished line before the new output; nil without an expectation.
    var beginning: [UInt8]?
  }

  mutating func limit(to lines: Int) { self.lines.limit(to: lines) }

  /// Takes output that was read. `isCounted`: whether the counters rise with it.
  mutating func append(_ bytes: UnsafeRawBufferPointer, from source: LogSource, time: Int64, isCounted: Bool) -> Appended {
    var appended = Appended()
    if expectations > 0 { appended.beginning = unfinished[source]?.bytes ?? [] }
    if isCounted { counters[source.stream].bytes += UInt64(bytes.count) }
    guard let last = bytes.lastNewline(before: bytes.count) else {
      unfinished[source, default: UnfinishedLine()].append(bytes)
      return appended
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
    appended.isNews = followers > 0
    return appended
  }

  /// Ends an unfinished line, if there is one.
  mutating func finish(_ source: LogSource, time: Int64, isCounted: Bool) -> Appended {
    guard let line = unfinished.removeValue(forKey: source) else { return Appended() }
    take(line, from: source, time: time, isCounted: isCounted)
    return Appended(isNews: followers > 0)
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
    guard count > 0 else { return }
    counters[stream].droppedBytes += UInt64(count)
    lastDrop = .now
  }

  /// Counts bytes that the service wrote into its file itself.
  mutating func grew(by count: UInt64) {
    counters.stdout.bytes += count
  }
}

/// The beginning of a line whose newline has not come yet; of a long line, as much as memory keeps.
struct UnfinishedLine {
  private(set) var bytes: [UInt8] = []

  mutating func append(_ more: UnsafeRawBufferPointer) {
    bytes.append(contentsOf: more.prefix(LineMemory.lineBound - bytes.count))
  }
}
