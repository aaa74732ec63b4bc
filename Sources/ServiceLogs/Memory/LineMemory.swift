// The last lines of a service, bounded in number and in bytes, in one block of memory.

/// A ring of the newest lines. Lines are numbered from 1 on, including those that are gone.
struct LineMemory {
  /// Lines that came with one read.
  private struct Group {
    var origin: LineOrigin
    var count: Int
  }

  /// The size of all lines together, including their newlines (rule 36).
  static let byteBound = 256 * 1024
  /// The part of one line that is kept.
  static let lineBound = 16 * 1024
  /// The part that a follower reads at a time: many followers that do not read hold little.
  private static let sliceSize = 32 * 1024

  private var lineLimit: Int
  /// Grows up to `byteBound`: most services write little.
  private var bytes: [UInt8] = []
  private var start = 0
  private var used = 0
  /// The lengths of the lines, newlines included, oldest first; the first `dead` are gone.
  private var lengths: [UInt32] = []
  private var dead = 0
  private var groups: [Group] = []
  private var deadGroups = 0
  /// The number of the newest line.
  private(set) var newest: UInt64 = 0

  init(lines: Int) {
    lineLimit = max(0, lines)
  }

  var count: Int { lengths.count - dead }

  /// Keeps so many lines from now on.
  mutating func limit(to lines: Int) {
    lineLimit = max(0, lines)
    while count > lineLimit { removeFirst() }
  }

  /// Skips the numbers of lines that were not read.
  mutating func skip(_ lines: UInt64) {
    removeAll()
    newest += lines
  }

  /// Takes `lineCount` whole lines, each with its newline. Lines that would not stay are not even looked at.
  mutating func append(_ block: UnsafeRawBufferPointer, lineCount: Int, origin: LineOrigin) {
    newest += UInt64(lineCount)
    guard lineLimit > 0, lineCount > 0 else { return }
    // Backwards from the end.
    var begin = block.count
    var found = 0
    var size = 0
    var isCut = false
    while begin > 0, found < lineLimit {
      let lineStart = block.lastNewline(before: begin - 1).map { $0 + 1 } ?? 0
      let length = min(begin - lineStart, Self.lineBound + 1)
      guard size + length <= Self.byteBound else { break }
      isCut = isCut || length < begin - lineStart
      size += length
      found += 1
      begin = lineStart
    }
    // The kept lines have no gap.
    if found < lineCount { removeAll() }
    makeRoom(lines: found, bytes: size)
    if !isCut { put(UnsafeRawBufferPointer(rebasing: block[begin...])) }
    while begin < block.count {
      let end = (block.newline(from: begin) ?? block.count - 1) + 1
      let length = min(end - begin, Self.lineBound + 1)
      if isCut {
        put(UnsafeRawBufferPointer(rebasing: block[begin..<begin + length - 1]))
        put(UnsafeRawBufferPointer(rebasing: block[end - 1..<end]))
      }
      lengths.append(UInt32(length))
      begin = end
    }
    groups.append(Group(origin: origin, count: found))
  }

  private mutating func makeRoom(lines: Int, bytes: Int) {
    while count > 0, count + lines > lineLimit || used + bytes > Self.byteBound { removeFirst() }
    reserve(used + bytes)
  }

  private mutating func put(_ more: UnsafeRawBufferPointer) {
    let end = (start + used) % max(bytes.count, 1)
    let head = min(more.count, bytes.count - end)
    bytes.withUnsafeMutableBytes { memory in
      guard more.count > 0 else { return }
      UnsafeMutableRawBufferPointer(rebasing: memory[end..<end + head]).copyMemory(from: .init(rebasing: more[0..<head]))
      guard more.count > head else { return }
      UnsafeMutableRawBufferPointer(rebasing: memory[0..<more.count - head]).copyMemory(from: .init(rebasing: more[head...]))
    }
    used += more.count
  }

  private mutating func removeFirst() {
    let length = Int(lengths[dead])
    start = (start + length) % max(bytes.count, 1)
    used -= length
    dead += 1
    groups[deadGroups].count -= 1
    if groups[deadGroups].count == 0 { deadGroups += 1 }
    // The dead front is cut off only when it is long, so that each append costs the same on average.
    if dead >= 1024, dead * 2 >= lengths.count {
      lengths.removeFirst(dead)
      dead = 0
    }
    if deadGroups >= 256, deadGroups * 2 >= groups.count {
      groups.removeFirst(deadGroups)
      deadGroups = 0
    }
  }

  private mutating func removeAll() {
    (start, used, dead, deadGroups) = (0, 0, 0, 0)
    lengths.removeAll(keepingCapacity: true)
    groups.removeAll(keepingCapacity: true)
  }

  private mutating func reserve(_ needed: Int) {
    guard needed > bytes.count else { return }
    var larger: [UInt8] = []
    let size = min(Self.byteBound, max(needed, bytes.count * 2, 256))
    larger.reserveCapacity(size)
    let head = min(used, bytes.count - start)
    larger += bytes[start..<start + head]
    larger += bytes[0..<used - head]
    larger += repeatElement(0, count: size - larger.count)
    bytes = larger
    start = 0
  }

  // MARK: Reading

  /// The time of the oldest line, if there were lines before it; the end of time if none is left of them.
  var beginning: Int64? {
    guard newest > UInt64(count) else { return nil }
    return count > 0 ? groups[deadGroups].origin.time : .max
  }

  /// The last `count` of the wanted lines, oldest first.
  func last(_ count: Int, where isWanted: (LineOrigin) -> Bool) -> RawLines {
    var lines = RawLines()
    var end = start + used
    var index = lengths.count
    for group in groups[deadGroups...].reversed() {
      let wanted = isWanted(group.origin)
      for _ in 0..<group.count {
        guard lines.count < count else { return lines.reversed() }
        index -= 1
        end -= Int(lengths[index])
        if wanted { append(at: end, length: Int(lengths[index]), group.origin, to: &lines) }
      }
    }
    return lines.reversed()
  }

  /// The lines after the one with the number `after`, oldest first: at most `limit` and about 32 KiB, as far as they are
  /// kept; and the number of lines that are gone.
  func following(_ after: UInt64, limit: Int) -> (lines: RawLines, next: UInt64, skipped: UInt64) {
    let oldest = newest - UInt64(count)
    let after = min(after, newest)
    let begin = max(after, oldest)
    let wanted = min(Int(newest - begin), max(0, limit))
    var lines = RawLines()
    var index = dead + Int(begin - oldest)
    var position = start + lengths[dead..<index].reduce(0) { $0 + Int($1) }
    var before = dead
    for group in groups[deadGroups...] {
      let end = before + group.count
      while index < end, lines.count < wanted, lines.size < Self.sliceSize {
        append(at: position, length: Int(lengths[index]), group.origin, to: &lines)
        position += Int(lengths[index])
        index += 1
      }
      if index < end || lines.count == wanted { break }
      before = end
    }
    return (lines, begin + UInt64(lines.count), begin - after)
  }

  private func append(at position: Int, length: Int, _ origin: LineOrigin, to lines: inout RawLines) {
    let begin = position % max(bytes.count, 1)
    // Without the newline.
    let end = begin + length - 1
    if end <= bytes.count {
      lines.append(bytes[begin..<end], origin)
    } else {
      lines.append(bytes[begin...] + bytes[0..<end - bytes.count], origin)
    }
  }
}
