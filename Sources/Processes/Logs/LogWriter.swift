// Turns what was read into what the file gets: whole lines per stream, with their times.

import Glibc

/// The file's side of one log. Used by the collector's thread.
final class LogWriter {
  /// Who wrote: a stream of a run.
  struct Source: Hashable {
    var run: UInt64
    var stream: LogStream
  }

  private var file: LogFile
  private let timestamps: Bool
  /// Whose line the file ends with, if it is unfinished; nil if that line is nobody's any more.
  private var last: Source?

  init(file: consuming LogFile, timestamps: Bool) {
    self.file = file
    self.timestamps = timestamps
  }

  /// Writes what was read; returns how many bytes of it could not be. `scratch` and `stamp` are the thread's own.
  func write(_ bytes: UnsafeRawBufferPointer, from source: Source, time: Int64, scratch: inout LogScratch) -> Int {
    guard file.prepare() else { return bytes.count }
    // The unfinished line of another stream is ended first: two lines never run together.
    let breaksLine = !file.isAtLineStart && last != source
    let begins = file.isAtLineStart || breaksLine
    last = source
    if !timestamps, !breaksLine {
      return dropped(bytes.count - file.write(bytes))
    }
    scratch.compose(bytes, breaksLine: breaksLine, stamps: timestamps, begins: begins, time: time)
    let written = scratch.output.withUnsafeBytes { file.write($0) }
    return dropped(scratch.payload(from: written))
  }

  private func dropped(_ count: Int) -> Int {
    // What comes next does not continue what was cut off.
    if count > 0 { last = nil }
    return count
  }
}

/// The memory in which output is put together before it is written, used again and again.
struct LogScratch {
  private(set) var output: [UInt8] = []
  /// Where in `output` something stands that was not said by the service.
  private var insertions: [(start: Int, length: Int)] = []
  private var stamp = LineStamp()

  mutating func compose(_ bytes: UnsafeRawBufferPointer, breaksLine: Bool, stamps: Bool, begins: Bool, time: Int64) {
    output.removeAll(keepingCapacity: true)
    insertions.removeAll(keepingCapacity: true)
    if breaksLine {
      insertions.append((0, 1))
      output.append(UInt8(ascii: "\n"))
    }
    guard stamps else {
      output.append(contentsOf: bytes)
      return
    }
    stamp.set(time)
    var position = 0
    var begins = begins
    while position < bytes.count {
      if begins {
        insertions.append((output.count, LineStamp.length))
        output.append(contentsOf: stamp.bytes)
      }
      let end = bytes.newline(from: position).map { $0 + 1 } ?? bytes.count
      output.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[position..<end]))
      position = end
      begins = true
    }
  }

  /// How much of what the service said stands in the output from there on.
  func payload(from position: Int) -> Int {
    var payload = output.count - position
    for (start, length) in insertions.reversed() {
      guard start + length > position else { break }
      payload -= start + length - max(start, position)
    }
    return payload
  }
}

extension UnsafeRawBufferPointer {
  /// The next newline.
  func newline(from position: Int) -> Int? {
    guard let base = baseAddress, position < count,
      let found = memchr(base + position, Int32(UInt8(ascii: "\n")), count - position)
    else { return nil }
    return base.distance(to: UnsafeRawPointer(found))
  }
}
