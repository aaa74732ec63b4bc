// Regular expressions as glibc matches them (rule 8).
import CLinux

enum PatternText {
  /// The reason why this is no POSIX extended regular expression that can be matched in linear time; nil if it is one.
  static func problem(of pattern: String) -> String? {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { message in
      guard clinux_pattern_check(pattern, message.baseAddress, message.count) != 0 else { return nil }
      return message.baseAddress.map { String(cString: $0) } ?? "invalid"
    }
  }
}
