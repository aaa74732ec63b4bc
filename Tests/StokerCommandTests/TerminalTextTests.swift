// Text on its way to a terminal.

import Testing

@testable import StokerCommand

struct TerminalTextTests {
  private func shown(_ text: String, _ form: TerminalText.Form = .plain) -> String {
    String(decoding: TerminalText.shown(text.utf8, form), as: UTF8.self)
  }

  @Test(
    "a terminal obeys nothing of a text, and the reader sees it",
    arguments: [
      ("\u{1B}]0;title\u{7}a", #"\x1b]0;title\x07a"#), ("\u{1B}[2J\u{1B}c\u{1B}", #"\x1b[2J\x1bc\x1b"#),
      ("a\u{8}b\u{7F}", #"a\x08b\x7f"#),
      ("a\u{9B}31mb\u{85}", #"a\u{9b}31mb\u{85}"#), ("a\u{202E}b\u{2066}c\u{2028}", #"a\u{202e}b\u{2066}c\u{2028}"#),
      ("one\ttwo\r\nthree\n", "one\ttwo\r\nthree\n"), ("over\rwritten\r", #"over\x0dwritten\x0d"#),
      ("Grüße, 東京 👩‍🚀\u{A0}", "Grüße, 東京 👩‍🚀\u{A0}"),
      ("\u{1B}[31;1mred\u{1B}[0m", "red"), ("\u{1B}[38:2::1:2:3mx\u{1B}[mx", "xx"),
      ("\u{1B}[31Kx", #"\x1b[31Kx"#), ("\u{1B}[?1m", #"\x1b[?1m"#),
    ])
  func visible(text: String, expected: String) {
    #expect(shown(text) == expected)
  }

  @Test("colours may pass, and end with their line")
  func colours() {
    #expect(shown("\u{1B}[1m\u{1B}[31ma\nb\n", .coloured) == "\u{1B}[1m\u{1B}[31ma\u{1B}[0m\nb\n")
    #expect(shown("\u{1B}[31ma\u{1B}[0m\nb", .coloured) == "\u{1B}[31ma\u{1B}[0m\nb")
    #expect(shown("\u{1B}[31ma", .coloured) == "\u{1B}[31ma\u{1B}[0m")
    #expect(shown("\u{1B}[2J", .coloured) == #"\x1b[2J"#)
    let long = "\u{1B}[" + String(repeating: "1;", count: 40) + "m"
    #expect(shown(long, .coloured).hasPrefix(#"\x1b[1;"#))
  }

  @Test("a colour goes on in the next piece, and is reset between the two")
  func pieces() {
    var text = TerminalText(.coloured)
    #expect(String(decoding: text.take("\u{1B}[31mone".utf8), as: UTF8.self) == "\u{1B}[31mone\u{1B}[0m")
    #expect(String(decoding: text.take(" two\n".utf8), as: UTF8.self) == "\u{1B}[31m two\u{1B}[0m\n")
    #expect(String(decoding: text.take("three".utf8), as: UTF8.self) == "three")
  }

  @Test("the size of the pieces makes no difference", arguments: 1...7)
  func cuts(size: Int) {
    let bytes = Array("ü\u{9B}\u{202E}東\u{1B}[32mgreen\u{1B}[0m\r\n\u{1B}]0;t\u{7}\r\u{1B}[2J\u{1B}".utf8) + [0xC2, 0x41, 0xE2, 0x80]
    var text = TerminalText(.plain)
    var pieces: [UInt8] = []
    var rest = bytes[...]
    while !rest.isEmpty {
      pieces += text.take(rest.prefix(size))
      rest = rest.dropFirst(size)
    }
    #expect(pieces + text.end() == TerminalText.shown(bytes, .plain))
  }

  @Test("bytes that are no UTF-8 pass, but for C1 controls and overlong forms of controls")
  func foreign() {
    #expect(TerminalText.shown([0xE4, 0x41, 0xFF, 0xC2], .plain) == [0xE4, 0x41, 0xFF, 0xC2])
    #expect(TerminalText.shown([0x9B, 0x41], .plain) == Array(#"\x9bA"#.utf8))
    #expect(TerminalText.shown([0xE0, 0x80, 0x9B], .plain) == Array(#"\u{1b}"#.utf8))
  }

  @Test("JSON stays JSON")
  func json() {
    #expect(shown("{\"a\":\"\u{9B}b\u{202E}\u{7F}\"}\n", .json) == #"{"a":"\u009bb\u202e\u007f"}"# + "\n")
  }

  @Test("a text on one line is in no colour, and needs no second look")
  func line() {
    #expect(TerminalText.line("a\u{1B}[2Jb\nc\td\u{1B}[31m!\u{1B}[0m") == #"a\x1b[2Jb c d!"#)
    #expect(TerminalText.line(#"a\x1b"#) == #"a\x1b"#)
  }
}
