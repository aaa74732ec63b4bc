// The local time of day: the reader of a terminal knows the date.

import Glibc

enum TimeOfDay {
  /// `21:14:03.123` in local time; without the milliseconds `21:14:03`.
  /// - Parameter seconds: Seconds since 1970.
  static func local(_ seconds: Double, milliseconds: Bool = true) -> String {
    // Rounded: the nearest double to a time of the API can be just below its millisecond.
    let text = local(nanoseconds: Int64((seconds * 1000).rounded()) * 1_000_000)
    return milliseconds ? text : String(text.prefix(8))
  }

  /// `21:14:03.123` in local time.
  /// - Parameter nanoseconds: Nanoseconds since 1970.
  static func local(nanoseconds: Int64) -> String {
    var seconds = time_t(nanoseconds / 1_000_000_000)
    var parts = tm()
    localtime_r(&seconds, &parts)
    let clock = [parts.tm_hour, parts.tm_min, parts.tm_sec].map { padded(Int($0), 2) }.joined(separator: ":")
    return "\(clock).\(padded(Int(nanoseconds / 1_000_000 % 1000), 3))"
  }

  private static func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}
