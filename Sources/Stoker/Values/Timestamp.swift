// Wall-clock time as the answers show it.

import Glibc

/// A moment of wall-clock time, in nanoseconds since 1970.
public struct Timestamp: Sendable, Hashable, Comparable {
  /// Nanoseconds since 1970-01-01T00:00:00Z.
  public var nanoseconds: Int64

  /// The moment `nanoseconds` after 1970 began.
  public init(nanoseconds: Int64) {
    self.nanoseconds = nanoseconds
  }

  /// The present moment, by the system's clock.
  public static var now: Timestamp {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
  }

  /// Seconds since 1970, as Prometheus counts them.
  public var seconds: Double {
    Double(nanoseconds) / 1e9
  }

  /// RFC 3339 in UTC with milliseconds: `2025-10-22T04:00:00.123Z`. Each line of the log has one, so it is put together by hand.
  public var rfc3339: String {
    let milliseconds = nanoseconds.floorDivided(by: 1_000_000)
    let second = milliseconds.floorDivided(by: 1000)
    var time = time_t(second)
    var parts = tm()
    gmtime_r(&time, &parts)
    return String(unsafeUninitializedCapacity: 24) { buffer in
      var position = 0
      func put(_ value: Int, _ digits: Int, then separator: Unicode.Scalar) {
        var rest = value
        for place in (position..<position + digits).reversed() {
          buffer[place] = UInt8(ascii: "0") + UInt8(rest % 10)
          rest /= 10
        }
        buffer[position + digits] = UInt8(ascii: separator)
        position += digits + 1
      }
      put(min(9999, max(0, Int(parts.tm_year) + 1900)), 4, then: "-")
      put(Int(parts.tm_mon) + 1, 2, then: "-")
      put(Int(parts.tm_mday), 2, then: "T")
      put(Int(parts.tm_hour), 2, then: ":")
      put(Int(parts.tm_min), 2, then: ":")
      put(Int(parts.tm_sec), 2, then: ".")
      put(Int(milliseconds - second * 1000), 3, then: "Z")
      return position
    }
  }

  /// Earlier is less.
  public static func < (left: Timestamp, right: Timestamp) -> Bool {
    left.nanoseconds < right.nanoseconds
  }
}

extension Int64 {
  fileprivate func floorDivided(by divisor: Int64) -> Int64 {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? quotient - 1 : quotient
  }
}
