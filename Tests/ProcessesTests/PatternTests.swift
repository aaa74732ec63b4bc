// Patterns of checks: matches, refusals, and linear time.

import CLinux
import Testing

@Suite struct PatternTests {
  private func match(_ pattern: String, _ text: String) -> Int32 {
    var text = text
    return text.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) { clinux_pattern_match(pattern, $0.baseAddress, $0.count) }
    }
  }

  private func refusal(_ pattern: String) -> String? {
    var message = [CChar](repeating: 0, count: 200)
    guard clinux_pattern_check(pattern, &message, message.count) != 0 else { return nil }
    return String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  @Test("a pattern matches anywhere; anchors mean lines; NUL is a character")
  func found() {
    for (pattern, text) in [
      ("b", "abc"), ("^b$", "a\nb\nc"), ("a|z", "xz"), ("", ""), ("^$", ""), ("x", "a\0x"), ("ok$", "ok\n"), ("[[:digit:]]{2,3}", "a12"),
      ("é+", "café"), ("^é{2}\\ü?$", "éé"), ("^[^ ]é+$", "aééé"), ("\\bfoo\\b", "a foo b"), ("[\\1]", "1"),
    ] { #expect(match(pattern, text) == 1, "\(pattern) in \(text)") }
    for (pattern, text) in [("c", "ab"), ("^x", "a\0x"), ("a.b", "a\nb"), ("[^a]", "a\na")] {
      #expect(match(pattern, text) == 0, "\(pattern) in \(text)")
    }
    // The text ends at its length.
    #expect(clinux_pattern_match("c", "abc", 2) == 0)
  }

  @Test("a pattern sees no control sequences of terminals, and a carriage return as the end of a line")
  func plain() {
    for text in [
      "ready", "\u{1B}[32mready\u{1B}[0m", "\u{1B}[1;38;5;4mrea\u{1B}[Kdy\u{1B}(B\u{1B}[m", "ready\r", "a\r\nready\r\r\nb\r\n",
      "\u{1B}]0;title\u{7}ready", "\u{1B}]8;;http://x\u{1B}\\ready\u{1B}]8;;\u{1B}\\", "ready\u{1B}[0", "ready\u{1B}",
      "\u{1B}]0;unended\nready", "10%\r20%\rready", "ready\r\r100%\n", "10%\r\u{1B}[Kready\r\n",
    ] { #expect(match("^ready$", text) == 1, "\(text.debugDescription)") }
    #expect(match("a.b", "a\rb") == 0)
    #expect(match("\u{1B}", "\u{1B}[0m") == 0)
  }

  @Test("an invalid pattern, or one that would need more than linear time, is refused with a reason")
  func refused() {
    #expect(refusal("a{2}(b|c)[])][[:alpha:]]\\)") == nil)
    #expect(refusal("(a)\\1")?.contains("back-references") == true)
    for pattern in ["(a", "a)", "[a", "*a", "a\\", "a{2,1}"] {
      #expect(refusal(pattern)?.isEmpty == false, "\(pattern)")
      #expect(match(pattern, "a") == -1, "\(pattern)")
    }
  }

  @Test("patterns that make others backtrack answer at once on a megabyte")
  func linear() {
    let text = String(repeating: "a", count: 1 << 20)
    for pattern in ["(a+)+b$", "(a*)*(a|aa)*c", "(a|a)*b"] { #expect(match(pattern, text) == 0) }
  }
}
