// The last lines of a service, bounded in number and in bytes, in one block of memory.

/// A ring of lines: the newest stay.
struct LineMemory {
  struct Entry {
    var time: Int64
    var run: UInt64
    var stream: LogStream
    var length: Int
  }

  /// All lines together (rule 36).
  static let byteBound = 256 * 1024
  /// What is kept of one line.
  static let lineBound = 16 * 1024

  private let lineCount: Int
  /// Grows up to `byteBound`: most services say little.
  private var bytes: [UInt8] = []
  private var start = 0
  private var used = 0
  private var entries: [Entry] = []
  private var first = 0

  init(lines: Int) {
    lineCount = max(0, lines)
  }

  var count: Int { entries.count - first }

  mutating func append(_ line: UnsafeRawBufferPointer, time: Int64, run: UInt64, stream: LogStream) {
    guard lineCount > 0 else { return }
    let length = min(line.count, Self.lineBound)
    while count >= lineCount || used + length > Self.byteBound { removeFirst() }
    reserve(used + length)
    var end = (start + used) % max(bytes.count, 1)
    let head = min(length, bytes.count - end)
    bytes.withUnsafeMutableBytes { memory in
      if head > 0 { UnsafeMutableRawBufferPointer(rebasing: memory[end..<end + head]).copyMemory(from: .init(rebasing: line[0..<head])) }
      if length > head {
        end = 0
        UnsafeMutableRawBufferPointer(rebasing: memory[0..<length - head]).copyMemory(from: .init(rebasing: line[head..<length]))
      }
    }
    used += length
    entries.append(Entry(time: time, run: run, stream: stream, length: length))
  }

  private mutating func removeFirst() {
    guard count > 0 else { return }
    start = (start + entries[first].length) % max(bytes.count, 1)
    used -= entries[first].length
    first += 1
    // The dead front is cut off now and then, so that each append costs the same on average.
    if first >= 1024, first * 2 >= entries.count {
      entries.removeFirst(first)
      first = 0
    }
  }

  private mutating func reserve(_ needed: Int) {
    guard needed > bytes.count else { return }
    var larger: [UInt8] = []
    let size = min(Self.byteBound, max(needed, bytes.count * 2, 1024))
    larger.reserveCapacity(size)
    let head = min(used, bytes.count - start)
    larger += bytes[start..<start + head]
    larger += bytes[0..<used - head]
    larger += repeatElement(0, count: size - larger.count)
    bytes = larger
    start = 0
  }

  /// The last `count` lines (of one stream, if asked), oldest first.
  func last(_ count: Int, stream: LogStream?) -> [LogLine] {
    var lines: [LogLine] = []
    var end = start + used
    for entry in entries[first...].reversed() {
      guard lines.count < count else { break }
      end -= entry.length
      guard stream == nil || stream == entry.stream else { continue }
      let text = text(at: end % max(bytes.count, 1), length: entry.length)
      lines.append(LogLine(time: entry.time, stream: entry.stream, run: entry.run, text: text))
    }
    return lines.reversed()
  }

  private func text(at position: Int, length: Int) -> String {
    var raw = Array(bytes[position..<min(position + length, bytes.count)])
    raw += bytes[0..<length - raw.count]
    let text = String(decoding: raw, as: UTF8.self)
    guard raw.contains(0) else { return text }
    return String(String.UnicodeScalarView(text.unicodeScalars.map { $0 == "\0" ? "\u{FFFD}" : $0 }))
  }
}
