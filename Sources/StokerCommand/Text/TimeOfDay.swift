// The time of day of what happened, for a reader who is there and knows the day.

import Glibc

enum TimeOfDay {
  /// `21:14:03.123` in local time; without the milliseconds `21:14:03`.
  static func local(_ seconds: Double, milliseconds: Bool = true) -> String {
    var whole = time_t(seconds.rounded(.down))
    var parts = tm()
    localtime_r(&whole, &parts)
    let clock = [parts.tm_hour, parts.tm_min, parts.tm_sec].map { padded(Int($0), 2) }.joined(separator: ":")
    return milliseconds ? "\(clock).\(padded(Int((seconds - seconds.rounded(.down)) * 1000), 3))" : clock
  }

  private static func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}
