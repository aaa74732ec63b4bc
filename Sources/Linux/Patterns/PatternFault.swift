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

  /// The largest pattern of a caller, in characters with all repeats written out.
  private static let sizeBound = 200
  private static let lengthBound = 1000

  /// The same for the pattern of a caller. A large one is refused before glibc sees it, whose memory grows with its size and the text.
  package static func ofCaller(_ pattern: String) -> String? {
    if pattern.utf8.count > lengthBound { return "it has more than \(lengthBound) bytes" }
    guard PatternSize.of(pattern) <= sizeBound else {
      return "it is too large: with its repeats written out (+ is two, {1,9} is ten) it has more than \(sizeBound) characters"
    }
    return of(pattern)
  }
}
