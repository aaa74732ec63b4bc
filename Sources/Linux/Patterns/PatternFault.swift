// Regular expressions as glibc matches them (rule 8).

import CLinux

/// The fault of a pattern.
package enum PatternFault {
  /// The reason why a text cannot be used as a pattern, in one sentence that says what to write instead; nil if it can.
  ///
  /// Refused are texts that are no POSIX extended expression, expressions that cannot be matched in linear time, and whatever other
  /// languages of expressions read in another way than POSIX does.
  package static func of(_ pattern: String) -> String? {
    if pattern.utf8.contains(0) { return "it contains a NUL character" }
    var review = PatternReview(pattern)
    if let fault = review.fault() { return fault }
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { message in
      guard clinux_pattern_check(pattern, message.baseAddress, message.count) != 0 else { return nil }
      return message.baseAddress.map { String(cString: $0) } ?? "invalid"
    }
  }
}
