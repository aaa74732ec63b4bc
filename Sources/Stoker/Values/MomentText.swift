// A moment as people write it: a time ago, or a time of the clock.

import Addresses
import Glibc
import Orchestration
import ServiceFile

/// The text of a moment: `10m` for a time ago, `2026-11-30T12:00:00Z`, and where the reader's zone is known, `2026-11-30 12:00`.
package enum MomentText {
  /// The forms in a sentence.
  package static let expected = "a time ago such as 10m or 2h30m, or a time such as 2026-11-30T12:00:00Z"
  package static let expectedLocally = "a time ago such as 10m or 2h30m, a time here such as '2026-11-30 12:00', or 2026-11-30T12:00:00Z"

  /// - Parameter isLocal: Whether a time without a zone counts, as one of this machine's zone.
  package static func parse(_ text: String, now: Timestamp, isLocal: Bool) -> Timestamp? {
    if let ago = DurationText.duration(text) { return Timestamp(nanoseconds: max(0, now.nanoseconds - ago.wholeNanoseconds)) }
    var rest = Array(text.utf8)[...]
    guard var parts = date(&rest) else { return nil }
    var nanoseconds: Int64 = 0
    if let separator = rest.first {
      guard " Tt".utf8.contains(separator), let fraction = clock(&parts, &(rest)) else { return nil }
      nanoseconds = fraction
    }
    let seconds: Int
    if rest.isEmpty {
      guard isLocal else { return nil }
      parts.tm_isdst = -1
      seconds = mktime(&parts)
    } else {
      guard let offset = zone(rest) else { return nil }
      seconds = timegm(&parts) - offset
    }
    // Up to the year 2262, nanoseconds have room.
    guard (0...9_000_000_000).contains(seconds) else { return nil }
    return Timestamp(nanoseconds: Int64(seconds) * 1_000_000_000 + nanoseconds)
  }

  /// `2026-11-30`
  private static func date(_ rest: inout ArraySlice<UInt8>) -> tm? {
    guard let year = number(&rest, digits: 4, in: 1970...2262), skip(&rest, "-"), let month = number(&rest, digits: 2, in: 1...12),
      skip(&rest, "-"), let day = number(&rest, digits: 2, in: 1...31)
    else { return nil }
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    let days = month == 2 ? isLeap ? 29 : 28 : [4, 6, 9, 11].contains(month) ? 30 : 31
    guard day <= days else { return nil }
    var parts = tm()
    (parts.tm_year, parts.tm_mon, parts.tm_mday) = (Int32(year - 1900), Int32(month - 1), Int32(day))
    return parts
  }

  /// ` 12:00`, ` 12:00:30` or ` 12:00:30.25`: the nanoseconds of the fraction.
  private static func clock(_ parts: inout tm, _ rest: inout ArraySlice<UInt8>) -> Int64? {
    rest.removeFirst()
    guard let hour = number(&rest, digits: 2, in: 0...23), skip(&rest, ":"), let minute = number(&rest, digits: 2, in: 0...59) else {
      return nil
    }
    (parts.tm_hour, parts.tm_min) = (Int32(hour), Int32(minute))
    guard skip(&rest, ":") else { return 0 }
    guard let second = number(&rest, digits: 2, in: 0...60) else { return nil }
    parts.tm_sec = Int32(second)
    guard skip(&rest, ".") else { return 0 }
    let digits = rest.prefix(while: ASCII.isDigit)
    guard !digits.isEmpty else { return nil }
    rest = rest.dropFirst(digits.count)
    let padded = (digits.prefix(9) + repeatElement(UInt8(ascii: "0"), count: max(0, 9 - digits.count)))
    return padded.reduce(0) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) }
  }

  /// `Z`, `+01:00`: seconds east of UTC.
  private static func zone(_ text: ArraySlice<UInt8>) -> Int? {
    var rest = text.dropFirst()
    switch text.first.map({ Unicode.Scalar($0) }) {
    case "Z", "z": return rest.isEmpty ? 0 : nil
    case "+", "-":
      guard let hours = number(&rest, digits: 2, in: 0...23), skip(&rest, ":"), let minutes = number(&rest, digits: 2, in: 0...59),
        rest.isEmpty
      else { return nil }
      return (hours * 3600 + minutes * 60) * (text.first == UInt8(ascii: "-") ? -1 : 1)
    default: return nil
    }
  }

  private static func number(_ rest: inout ArraySlice<UInt8>, digits count: Int, in range: ClosedRange<Int>) -> Int? {
    let digits = rest.prefix(count)
    guard digits.count == count, digits.allSatisfy(ASCII.isDigit) else { return nil }
    rest = rest.dropFirst(count)
    let number = digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
    return range.contains(number) ? number : nil
  }

  private static func skip(_ rest: inout ArraySlice<UInt8>, _ character: Unicode.Scalar) -> Bool {
    guard rest.first == UInt8(ascii: character) else { return false }
    rest.removeFirst()
    return true
  }
}
