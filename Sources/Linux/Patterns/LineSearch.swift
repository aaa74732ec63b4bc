// The lines of a text that match a pattern.

import CLinux

/// A search for a pattern in lines. It holds nothing between two calls: what glibc keeps of a text grows with it.
package struct LineSearch: Sendable {
  private let pattern: String
  private let ignoresCase: Bool

  /// The text after which the compiled pattern is thrown away.
  private static let textBound = 16 * 1024

  /// - Parameter pattern: One without a fault (``PatternFault``).
  package init(_ pattern: String, ignoresCase: Bool = false) {
    self.pattern = pattern
    self.ignoresCase = ignoresCase
  }

  /// The number of lines at the beginning of these that are looked at in one call of ``matches(in:)``: about 16 KiB of text.
  package static func portion(of lengths: some Sequence<Int>) -> Int {
    var (count, size) = (0, 0)
    for length in lengths {
      guard count == 0 || size + length <= textBound else { break }
      size += length
      count += 1
    }
    return count
  }

  /// Whether each of these lines contains a match. The caller bounds them (``portion(of:)``).
  package func matches(in lines: [String]) -> [Bool] {
    guard let compiled = clinux_pattern_compile(pattern, ignoresCase ? 1 : 0) else { return lines.map { _ in false } }
    defer { clinux_pattern_free(compiled) }
    return lines.map { line in
      var line = line
      return line.withUTF8 { bytes in
        bytes.withMemoryRebound(to: CChar.self) { text in
          // An empty text may have no address, and C wants one.
          guard let start = text.baseAddress, text.count > 0 else { return clinux_pattern_find(compiled, "", 0) == 1 }
          return clinux_pattern_find(compiled, start, text.count) == 1
        }
      }
    }
  }
}
