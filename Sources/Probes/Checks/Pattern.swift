// Text patterns of checks: POSIX extended regular expressions, matched in linear time (spec rule 8).

import CLinux
import Linux

/// A POSIX extended regular expression that is known to be valid.
///
/// It matches anywhere in a text unless anchored; `^` and `$` match at line ends. Matching takes time in proportion to the
/// text, whatever the pattern: back-references are refused. Colours of terminals are not seen, and a carriage return
/// ends a line.
package struct Pattern: Sendable, Equatable, CustomStringConvertible {
  /// The pattern as it was written.
  package let source: String

  /// Checks the pattern and keeps it.
  package init(_ source: String) throws(PatternError) {
    if let fault = PatternFault.of(source) { throw PatternError(source: source, reason: fault) }
    self.source = source
  }

  /// Whether the bytes contain a match. They need not be UTF-8; the caller bounds their number.
  package func matches(_ text: [UInt8]) -> Bool {
    text.withUnsafeBytes { bytes in
      // An empty array may have no address, and C wants one.
      guard let start = bytes.baseAddress, bytes.count > 0 else { return clinux_pattern_match(source, "", 0) == 1 }
      return clinux_pattern_match(source, start.assumingMemoryBound(to: CChar.self), bytes.count) == 1
    }
  }

  /// The pattern as it was written.
  package var description: String { source }
}
