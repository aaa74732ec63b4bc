// Turns what was read into what the file gets: whole lines per stream, with their times.

import Glibc

/// The file's side of one log. Whoever moves the log has it under its lock.
struct LogWriter: ~Copyable {
  /// What came of a write.
  struct Outcome {
    /// How many bytes could not be written.
    var dropped = 0
    /// What people should know.
    var trouble: LogTrouble?
  }

  private var file: LogFile
  /// Whose line the file ends with, if it is unfinished; nil if that line is nobody's any more.
  private var last: LogSource?
  private var outage = WriteOutage()

  init(file: consuming LogFile) {
    self.file = file
  }

  /// Writes what was read.
  mutating func write(
    _ bytes: UnsafeRawBufferPointer, from source: LogSource, time: Int64, maxSize: UInt64, stamps: Bool, composer: inout LogComposer
  ) -> Outcome {
    guard !outage.isPausing else { return Outcome(dropped: outage.lost(bytes.count)) }
    file.maxSize = max(1, maxSize)
    let written = file.prepare() ? put(bytes, from: source, time: time, stamps: stamps, composer: &composer) : 0
    guard written < bytes.count else { return Outcome(trouble: outage.passed(file.path)) }
    // What comes next does not continue what was cut off.
    last = nil
    let trouble = outage.failed(file.path, file.error)
    return Outcome(dropped: outage.lost(bytes.count - written), trouble: trouble)
  }

  /// How much of it was written.
  private mutating func put(
    _ bytes: UnsafeRawBufferPointer, from source: LogSource, time: Int64, stamps: Bool, composer: inout LogComposer
  ) -> Int {
    // The unfinished line of another stream is ended first: two lines never run together.
    let breaksLine = !file.isAtLineStart && last != source
    last = source
    guard stamps || breaksLine else { return file.write(bytes) }
    composer.set(time)
    var plan = LogComposer.Plan(breaksLine: breaksLine, stamps: stamps, begins: file.isAtLineStart || breaksLine)
    var position = 0
    while position < bytes.count {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[position...])
      let before = plan
      let (taken, output) = composer.compose(rest, &plan)
      let written = file.write(output)
      guard written == output.count else { return position + LogComposer.payload(of: rest, in: written, before) }
      position += taken
    }
    return position
  }
}
