// Turns output into the content of the file: whole lines of each stream, with their times.

import Glibc
import Linux

/// The file side of one log, used by the pump under a lock.
struct LogWriter: ~Copyable {
  /// The result of a write.
  struct WriteResult {
    /// The number of bytes that could not be written.
    var dropped = 0
    /// The trouble to report.
    var trouble: LogTrouble?
    /// The stream that has to be writable before more is written: the reader of this log is slower than the service.
    var awaited: StreamSink?
  }

  private var file: LogFile
  /// The source of the unfinished line at the end of the file; nil if no source continues it.
  private var last: LogSource?
  /// The unfinished lines that wait for their ends, since lines of other services stand between.
  private var hold = LineHold()
  private var outage = WriteOutage()
  /// The bytes of output that what is queued came from, at most.
  private var queuedBound = 0

  init(file: consuming LogFile) {
    self.file = file
  }

  /// Writes output. `progress` is called now and then, as a sign that the disk does not hang.
  mutating func write(
    _ bytes: UnsafeRawBufferPointer, from source: LogSource, time: Int64, _ settings: LogSettings, composer: inout LogComposer,
    progress: () -> Void
  ) -> WriteResult {
    guard !outage.isPausing else { return WriteResult(dropped: outage.lost(bytes.count + (hold.remove(source)?.count ?? 0))) }
    file.maxSize = max(1, settings.maxSize)
    file.act(as: settings.rights)
    let held = hold.count(of: source)
    let isReady = file.prepare()
    let written = isReady ? pass(bytes, from: source, time, settings, &composer, progress) : 0
    let count = bytes.count + held - hold.count(of: source)
    if isReady, let sink = file.sink { return flush(sink, count) }
    return ended(written, of: count)
  }

  /// The result of a write into a file.
  private mutating func ended(_ written: Int, of count: Int) -> WriteResult {
    guard written < count else { return WriteResult(trouble: outage.passed(file.path)) }
    // The next output does not continue the line that was cut off.
    last = nil
    let trouble = outage.failed(file.path, file.error)
    return WriteResult(dropped: outage.lost(count - written), trouble: trouble)
  }

  /// Writes output; returns the number of its bytes that were written.
  private mutating func put(
    _ bytes: UnsafeRawBufferPointer, from source: LogSource, _ time: Int64, _ settings: LogSettings, _ composer: inout LogComposer,
    _ progress: () -> Void
  ) -> Int {
    // The unfinished line of another source is ended first: two lines never run together.
    let breaksLine = !file.isAtLineStart && (last != source || file.isInterrupted)
    last = source
    guard settings.timestamps || breaksLine || !settings.label.isEmpty else { return file.write(bytes, progress) }
    composer.set(time)
    var plan = LogComposer.Plan(
      breaksLine: breaksLine, stamps: settings.timestamps, label: settings.label, begins: file.isAtLineStart || breaksLine)
    var position = 0
    while position < bytes.count {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[position...])
      let before = plan
      let (taken, output) = composer.compose(rest, &plan)
      let written = file.write(output, progress)
      guard written == output.count else { return position + LogComposer.payload(of: rest, in: written, before) }
      position += taken
    }
    return position
  }

  /// Writes output, or queues it for a stream; returns the number of bytes, also of those that were held. With a label, whole lines alone;
  /// an unfinished one waits for its end.
  private mutating func pass(
    _ bytes: UnsafeRawBufferPointer, from source: LogSource, _ time: Int64, _ settings: LogSettings, _ composer: inout LogComposer,
    _ progress: () -> Void
  ) -> Int {
    guard !settings.label.isEmpty || !hold.isEmpty else { return put(bytes, from: source, time, settings, &composer, progress) }
    var ready = hold
    hold = LineHold()
    defer { hold = ready }
    var written = 0
    guard settings.label.isEmpty else {
      ready.take(bytes, from: source) { written += put($0, from: source, time, settings, &composer, progress) }
      return written
    }
    // Held before a reload took the label away.
    if let part = ready.remove(source) { written = part.withUnsafeBytes { put($0, from: source, time, settings, &composer, progress) } }
    return written + put(bytes, from: source, time, settings, &composer, progress)
  }

  // MARK: Streams and shared files

  /// Writes the unfinished line of a source whose output is over; nil if there is none.
  mutating func finish(_ source: LogSource, time: Int64, _ settings: LogSettings, composer: inout LogComposer) -> WriteResult? {
    guard let line = hold.finish(source) else { return nil }
    // The newline is ours.
    let count = line.count - 1
    guard !outage.isPausing else { return WriteResult(dropped: outage.lost(count)) }
    let isReady = file.prepare()
    let written = isReady ? line.withUnsafeBytes { put($0, from: source, time, settings, &composer) {} } : 0
    if isReady, let sink = file.sink { return flush(sink, count) }
    return ended(min(written, count), of: count)
  }

  private mutating func flush(_ sink: StreamSink, _ count: Int) -> WriteResult {
    queuedBound = count
    switch sink.flush() {
    case .written: return WriteResult(trouble: outage.passed(file.path))
    case .waiting: return WriteResult(trouble: outage.passed(file.path), awaited: sink)
    case .lost(let lost, let error): return WriteResult(dropped: lose(atMost: lost), trouble: failed(error))
    }
  }

  /// Notes that nobody will read what was queued last; returns the number of bytes, which is never more than `bound`.
  mutating func lose(atMost bound: Int) -> Int {
    last = nil
    defer { queuedBound = 0 }
    return outage.lost(min(bound, queuedBound))
  }

  /// Notes why nobody will read it; returns the trouble to report.
  mutating func failed(_ error: SystemError) -> LogTrouble? { outage.failed(file.path, .system(path: file.path, error)) }
}
