// The part of a log in memory: the last lines, and the counters.

/// The last lines and the counters of one log, under a lock that is never held while anything is written.
struct LogRecord {
  private(set) var lines: LineMemory
  private(set) var counters = LogCounters()
  /// The last moment at which output was dropped.
  private(set) var lastDrop: SuspendingClock.Instant?
  /// The unfinished lines.
  private var unfinished: [LogSource: UnfinishedLine] = [:]
  /// Rises with all output, of whole lines and of parts.
  private(set) var revision: UInt64 = 0
  /// The number of waiting followers.
  var followers = 0
  /// The number of expectations.
  var expectations = 0

  init(lines: Int) {
    self.lines = LineMemory(lines: lines)
  }

  /// The readers' interest in new output.
  struct Appended {
    /// Whether there is new output, and followers that wait for it.
    var isNews = false
    /// The unfinished line before the new output; nil without an expectation.
    var beginning: [UInt8]?
  }

  mutating func limit(to lines: Int) { self.lines.limit(to: lines) }

  /// Takes output that was read. `isCounted`: whether the counters rise with it.
  mutating func append(_ bytes: UnsafeRawBufferPointer, from source: LogSource, time: Int64, isCounted: Bool) -> Appended {
    var appended = Appended()
    if expectations > 0 { appended.beginning = unfinished[source]?.bytes ?? [] }
    appended.isNews = followers > 0
    revision &+= 1
    if isCounted { counters[source.stream].bytes += UInt64(bytes.count) }
    guard let last = bytes.lastNewline(before: bytes.count) else {
      unfinished[source, default: UnfinishedLine(began: time)].append(bytes, at: time)
      return appended
    }
    var begin = 0
    if !unfinished.isEmpty, var line = unfinished.removeValue(forKey: source), let end = bytes.newline(from: 0) {
      line.append(UnsafeRawBufferPointer(rebasing: bytes[0..<end]), at: time)
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
      unfinished[source, default: UnfinishedLine(began: time)].append(UnsafeRawBufferPointer(rebasing: bytes[(last + 1)...]), at: time)
    }
    return appended
  }

  /// Ends an unfinished line, if there is one.
  mutating func finish(_ source: LogSource, time: Int64, isCounted: Bool) -> Appended {
    guard let line = unfinished.removeValue(forKey: source) else { return Appended() }
    take(line, from: source, time: time, isCounted: isCounted)
    revision &+= 1
    return Appended(isNews: followers > 0)
  }

  private mutating func take(_ line: UnfinishedLine, from source: LogSource, time: Int64, isCounted: Bool) {
    if isCounted { counters[source.stream].lines += 1 }
    let bytes = line.bytes + [10]
    let origin = LineOrigin(time: time, run: source.run, stream: source.stream)
    bytes.withUnsafeBytes { lines.append($0, lineCount: 1, origin: origin) }
  }

  /// The unfinished lines of the wanted sources; the one that grew last is the last.
  func unfinishedLines(where isWanted: (LogSource) -> Bool) -> [UnfinishedLogLine] {
    guard !unfinished.isEmpty else { return [] }
    return unfinished.filter { isWanted($0.key) }.sorted { $0.value.time < $1.value.time }
      .map { UnfinishedLogLine(source: $0.key, line: $0.value) }
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

/// A line whose newline has not come yet; of a long line, the beginning, as much as memory keeps.
struct UnfinishedLine {
  private(set) var bytes: [UInt8] = []
  /// The times of its first and of its last part.
  let began: Int64
  private(set) var time: Int64

  init(began: Int64) {
    (self.began, time) = (began, began)
  }

  /// Takes more of the line. Where it has no room, what a carriage return has overwritten is left out: of a progress bar, the last state is
  /// wanted.
  mutating func append(_ more: UnsafeRawBufferPointer, at time: Int64) {
    self.time = time
    var more = more[...]
    if more.count > LineMemory.lineBound - bytes.count {
      if let overwritten = more.dropLast().lastIndex(of: 13) {
        bytes = []
        more = more[(overwritten + 1)...]
      } else if let overwritten = bytes.lastIndex(of: 13) {
        bytes.removeFirst(overwritten + 1)
      }
    }
    bytes.append(contentsOf: more.prefix(LineMemory.lineBound - bytes.count))
  }
}
