// Puts the service's name and the time before each line of output.

import Glibc

/// The buffer in which output and times are put together before the write. Each pump has its own.
struct LogComposer: ~Copyable {
  private let output: UnsafeMutableRawBufferPointer
  private var stamp = LineStamp()

  private static let size = 256 * 1024

  init() { output = .allocate(byteCount: Self.size, alignment: 64) }

  deinit { output.deallocate() }

  /// How a piece of output is put together.
  struct Plan {
    /// Whether the unfinished line of another source is ended first.
    var breaksLine: Bool
    /// Whether each line begins with its time.
    var stamps: Bool
    /// The beginning of each line, before its time.
    var label: [UInt8] = []
    /// Whether the piece begins at the beginning of a line.
    var begins: Bool

    /// The length of what comes before each line.
    var headerLength: Int { label.count + (stamps ? LineStamp.length : 0) }
  }

  mutating func set(_ time: Int64) { stamp.set(time) }

  /// Puts together as much of `bytes` as fits. `plan` becomes the plan of the rest.
  mutating func compose(_ bytes: UnsafeRawBufferPointer, _ plan: inout Plan) -> (taken: Int, output: UnsafeRawBufferPointer) {
    guard let target = output.baseAddress, let source = bytes.baseAddress else { return (0, UnsafeRawBufferPointer(output)) }
    var end = 0
    if plan.breaksLine {
      output[0] = 10
      end = 1
      plan.breaksLine = false
    }
    var position = 0
    let (label, stamps, headerLength) = (plan.label, plan.stamps, plan.headerLength)
    stamp.bytes.withUnsafeBytes { stamp in
      guard let stampStart = stamp.baseAddress else { return }
      while position < bytes.count {
        let header = plan.begins ? headerLength : 0
        let room = Self.size - end - header
        guard room > 0 else { break }
        let next = headerLength > 0 ? bytes.newline(from: position).map { $0 + 1 } ?? bytes.count : bytes.count
        let length = min(next - position, room)
        if header > 0 {
          if !label.isEmpty { UnsafeMutableRawBufferPointer(rebasing: output[end...]).copyBytes(from: label) }
          if stamps { (target + end + label.count).copyMemory(from: stampStart, byteCount: LineStamp.length) }
        }
        (target + end + header).copyMemory(from: source + position, byteCount: length)
        end += header + length
        position += length
        plan.begins = bytes[position - 1] == 10
      }
    }
    return (position, UnsafeRawBufferPointer(rebasing: output[0..<end]))
  }

  /// The number of `bytes` that are in the first `length` bytes of the output that was composed by this plan.
  static func payload(of bytes: UnsafeRawBufferPointer, in length: Int, _ plan: Plan) -> Int {
    var left = length - (plan.breaksLine ? 1 : 0)
    let headerLength = plan.headerLength
    guard headerLength > 0 else { return max(0, min(left, bytes.count)) }
    var begins = plan.begins
    var position = 0
    while position < bytes.count {
      if begins { left -= headerLength }
      guard left > 0 else { break }
      let next = bytes.newline(from: position).map { $0 + 1 } ?? bytes.count
      let part = min(next - position, left)
      left -= part
      position += part
      begins = true
    }
    return position
  }
}
