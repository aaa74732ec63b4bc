// Patterns: what they match, that they are linear, and what is refused.

import Testing

@testable import Probes

@Suite("pattern") struct PatternTests {
  @Test(
    "POSIX extended expressions match anywhere unless anchored",
    arguments: [
      ("ok", "it is ok now", true), ("^ok$", "it is ok now", false), ("^ok$", "first\nok\nlast", true),
      ("(up|ready) in [0-9]+ ms", "ready in 12 ms", true),
      ("", "", true), ("^$", "", true), ("a", "", false), ("a.c", "a\0c", false), ("b", "a\0b", true), ("ü+", "für", true),
    ])
  func matches(pattern: String, text: String, expected: Bool) throws {
    #expect(try Pattern(pattern).matches(Array(text.utf8)) == expected)
  }

  @Test("nested repetition over 60 KiB that do not match ends at once")
  func linear() throws {
    let clock = SuspendingClock()
    let pattern = try Pattern("(a+)+b$")
    let text = [UInt8](repeating: UInt8(ascii: "a"), count: 60 << 10)
    let start = clock.now
    #expect(!pattern.matches(text))
    #expect(pattern.matches(text + [UInt8(ascii: "b")]))
    // Quadratic time would be 10 s, exponential time the age of the universe; linear is milliseconds.
    #expect(start.duration(to: clock.now) < .seconds(5))
  }

  @Test("back-references are refused with the reason", arguments: [#"(a)\1"#, #"\9"#])
  func backReferences(source: String) {
    let error = #expect(throws: PatternError.self) { try Pattern(source) }
    #expect(error?.description.hasPrefix("the pattern '\(source)' cannot be used: back-references") == true)
  }

  @Test("what is no expression is refused", arguments: ["(", ")", "[a", "a{2,1}", "*)", "a\0b"])
  func malformed(source: String) {
    let error = #expect(throws: PatternError.self) { try Pattern(source) }
    #expect(error?.reason.isEmpty == false)
  }
}
