// Turns output into the content of the file: whole lines of each stream, with their times.

import Glibc

/// The file side of one log, used by the pump under a lock.
struct LogWriter: ~Copyable {
  /// The result of a write.
  struct WriteResult {
    /// The number of bytes that could not be written.
    var dropped = 0
    /// The trouble to report.
    var trouble: LogTrouble?
    /// The descriptor that has to be writable before more is written: the reader of this log is slower than the service.
    var awaited: Int32?
  }

  private var file: LogFile
  /// The source of the unfinished line at the end of the file; nil if no source continues it.
  private var last: LogSource?
  private var outage = WriteOutage()
  /// The bytes of output that what is held came from, at most.
  private var heldBound = 0

  init(file: consuming LogFile) {
    self.file = file
  }

  /// Writes output. `progress` is called now and then, as a sign that the disk does not hang.
  mutating func write(
    _ bytes: UnsafeRawBufferPointer, from source: LogSource, time: Int64, _ settings: LogSettings, composer: inout LogComposer,
    progress: () -> Void
  ) -> WriteResult {
    guard !outage.isPausing else { return WriteResult(dropped: outage.lost(bytes.count)) }
    file.maxSize = max(1, settings.maxSize)
    file.act(as: settings.rights)
    let written =
      file.prepare() ? put(bytes, from: source, time: time, stamps: settings.timestamps, composer: &composer, progress) : 0
    heldBound = bytes.count
    guard written < bytes.count else { return WriteResult(trouble: outage.passed(file.path), awaited: file.awaited) }
    // The next output does not continue the line that was cut off.
    last = nil
    let trouble = outage.failed(file.path, file.error)
    return WriteResult(dropped: outage.lost(bytes.count - written), trouble: trouble, awaited: file.awaited)
  }

  /// Writes what is held for a slow reader.
  mutating func flush() -> WriteResult {
    let lost = min(file.flush(), heldBound)
    guard lost > 0 else { return WriteResult(awaited: file.awaited) }
    last = nil
    return WriteResult(dropped: outage.lost(lost), trouble: outage.failed(file.path, file.error))
  }

  /// Gives up what is held for a slow reader; returns the number of bytes.
  mutating func giveUp() -> Int { min(file.drop(), heldBound) }

  /// Writes output; returns the number of its bytes that were written.
  private mutating func put(
    _ bytes: UnsafeRawBufferPointer, from source: LogSource, time: Int64, stamps: Bool, composer: inout LogComposer, _ progress: () -> Void
  ) -> Int {
    // The unfinished line of another stream is ended first: two lines never run together.
    let breaksLine = !file.isAtLineStart && last != source
    last = source
    guard stamps || breaksLine else { return file.write(bytes, progress) }
    composer.set(time)
    var plan = LogComposer.Plan(breaksLine: breaksLine, stamps: stamps, begins: file.isAtLineStart || breaksLine)
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
}
