// The time at the beginning of each line, and in answers: RFC 3339, UTC, milliseconds.

import Glibc

/// `2026-11-23T01:02:03.456Z `, formatted again only when the millisecond has changed.
package struct LineStamp {
  static let length = 25

  private(set) var bytes = [UInt8](repeating: UInt8(ascii: " "), count: length)
  private var millisecond = Int64.min
  private var second = Int64.min

  /// Nanoseconds since 1970.
  package static func now() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }

  /// The time alone: `2026-11-23T01:02:03.456Z`.
  package static func text(_ nanoseconds: Int64) -> String {
    var stamp = LineStamp()
    stamp.set(nanoseconds)
    return String(decoding: stamp.bytes.dropLast(), as: UTF8.self)
  }

  mutating func set(_ nanoseconds: Int64) {
    let millisecond = Self.floor(nanoseconds, dividedBy: 1_000_000)
    guard millisecond != self.millisecond else { return }
    self.millisecond = millisecond
    let second = Self.floor(millisecond, dividedBy: 1000)
    if second != self.second {
      self.second = second
      var time = time_t(second)
      var parts = tm()
      gmtime_r(&time, &parts)
      put(min(9999, max(0, Int(parts.tm_year) + 1900)), at: 0, digits: 4, then: "-")
      put(Int(parts.tm_mon) + 1, at: 5, digits: 2, then: "-")
      put(Int(parts.tm_mday), at: 8, digits: 2, then: "T")
      put(Int(parts.tm_hour), at: 11, digits: 2, then: ":")
      put(Int(parts.tm_min), at: 14, digits: 2, then: ":")
      put(Int(parts.tm_sec), at: 17, digits: 2, then: ".")
    }
    put(Int(millisecond - second * 1000), at: 20, digits: 3, then: "Z")
  }

  /// The quotient, rounded down also before 1970.
  private static func floor(_ time: Int64, dividedBy unit: Int64) -> Int64 {
    time / unit - (time % unit < 0 ? 1 : 0)
  }

  private mutating func put(_ value: Int, at position: Int, digits: Int, then separator: Unicode.Scalar) {
    var rest = value
    for place in (position..<position + digits).reversed() {
      bytes[place] = UInt8(ascii: "0") + UInt8(rest % 10)
      rest /= 10
    }
    bytes[position + digits] = UInt8(ascii: separator)
  }
}
