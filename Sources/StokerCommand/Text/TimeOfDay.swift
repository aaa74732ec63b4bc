// The local time of day: the reader of a terminal knows the date.

import Glibc

enum TimeOfDay {
  /// `21:14:03.123` in local time; without the milliseconds `21:14:03`.
  /// - Parameter seconds: Seconds since 1970.
  static func local(_ seconds: Double, milliseconds: Bool = true) -> String {
    // Rounded: the nearest double to a time of the API can be just below its millisecond.
    let text = local(nanoseconds: Int64((bounded(seconds) * 1000).rounded()) * 1_000_000)
    return milliseconds ? text : String(text.prefix(8))
  }

  /// `21:14:03.123` in local time.
  /// - Parameter nanoseconds: Nanoseconds since 1970.
  static func local(nanoseconds: Int64) -> String {
    let parts = parts(of: time_t(nanoseconds / 1_000_000_000))
    let clock = [parts.tm_hour, parts.tm_min, parts.tm_sec].map { padded(Int($0), 2) }.joined(separator: ":")
    return "\(clock).\(padded(Int(nanoseconds / 1_000_000 % 1000), 3))"
  }

  /// `21:14:03 UTC+1` in local time.
  static func zoned(_ seconds: Double) -> String {
    "\(local(seconds, milliseconds: false)) \(zone(parts(of: time_t(bounded(seconds))).tm_gmtoff))"
  }

  /// `21:14:03 UTC+1`, with the date before it unless that is today's.
  static func moment(_ seconds: Double, now: Double) -> String {
    let day = day(seconds)
    return day == self.day(now) ? zoned(seconds) : "\(day) \(zoned(seconds))"
  }

  /// `2026-11-30` in local time.
  static func day(_ seconds: Double) -> String {
    let parts = parts(of: time_t(bounded(seconds)))
    return [(Int(parts.tm_year) + 1900, 4), (Int(parts.tm_mon) + 1, 2), (Int(parts.tm_mday), 2)].map(padded).joined(separator: "-")
  }

  /// The name of a zone: `UTC`, `UTC+1`, `UTC-3:30`.
  /// - Parameter offset: Seconds east of UTC.
  static func zone(_ offset: Int) -> String {
    let minutes = abs(offset) / 60
    guard minutes > 0 else { return "UTC" }
    return "UTC\(offset < 0 ? "-" : "+")\(minutes / 60)" + (minutes % 60 == 0 ? "" : ":\(padded(minutes % 60, 2))")
  }

  private static func parts(of seconds: time_t) -> tm {
    var seconds = seconds
    var parts = tm()
    localtime_r(&seconds, &parts)
    return parts
  }

  /// An answer can name any time: up to the year 2255, nanoseconds have room.
  private static func bounded(_ seconds: Double) -> Double { seconds.isFinite ? max(0, min(seconds, 9e9)) : 0 }

  private static func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}
