// Durations in their two largest units, and the times of the API.

import Orchestration

enum Age {
  /// `4s`, `3m 20s`, `5h 12m`, `2d 3h`: for tables. Negative counts as 0.
  static func short(_ seconds: Double) -> String {
    units(seconds, names: ("d", "h", "m", "s"), gap: "")
  }

  /// `4 s`, `3 min 20 s`, `5 h 12 min`, `2 d 3 h`: for sentences; tenths below ten seconds, milliseconds below one.
  static func long(_ duration: Duration) -> String {
    let (seconds, attoseconds) = duration.components
    let value = Double(seconds) + Double(attoseconds) / 1e18
    if value < 1 { return "\(Int64(max(0, value) * 1000)) ms" }
    let tenths = (value * 10).rounded()
    if tenths < 100, tenths.truncatingRemainder(dividingBy: 10) != 0 { return "\(tenths / 10) s" }
    return units(value.rounded(), names: ("d", "h", "min", "s"), gap: " ")
  }

  /// `in 4s`, `in 3m 20s`, `now`: the time until then, rounded up, wherever a delay is shown.
  static func until(_ seconds: Double) -> String {
    seconds > 0 ? "in \(short(seconds.rounded(.up)))" : "now"
  }

  private static func units(_ seconds: Double, names: (String, String, String, String), gap: String) -> String {
    Duration.units(of: Int64(max(0, min(seconds, 1e15))), names: names, gap: gap)
  }

  /// Seconds since 1970 of an RFC 3339 time in UTC (`2025-10-22T04:00:00.123Z`), the form of every time in the API.
  static func seconds(rfc3339 text: String) -> Double? {
    let bytes = Array(text.utf8)
    guard bytes.count >= 20, bytes.last == UInt8(ascii: "Z"), bytes[10] == UInt8(ascii: "T") else { return nil }
    func number(_ range: Range<Int>) -> Int? { Int(String(decoding: bytes[range], as: UTF8.self)) }
    guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10), let hour = number(11..<13),
      let minute = number(14..<16), let second = Double(String(decoding: bytes[17..<(bytes.count - 1)], as: UTF8.self)),
      (1...12).contains(month)
    else { return nil }
    // Days of the proleptic Gregorian calendar, counted from March so that the leap day is a year's last.
    let years = month > 2 ? year : year - 1
    let daysBeforeMonth = (153 * ((month + 9) % 12) + 2) / 5
    let days = years * 365 + years / 4 - years / 100 + years / 400 + daysBeforeMonth + day - 1 - 719_468
    return Double(days * 86_400 + hour * 3600 + minute * 60) + second
  }
}
