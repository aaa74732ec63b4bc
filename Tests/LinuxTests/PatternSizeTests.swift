// Patterns of callers: their size with the repeats written out.

import Linux
import Testing

struct PatternSizeTests {
  @Test(
    "a pattern of a caller is refused while it is text if its repeats make it large",
    arguments: [
      "a{1,30000}", "((((((((a+)+)+)+)+)+)+)+)+", "(a{1,20}){1,20}", "(abc|[a-z]{9}){30}", String(repeating: "a", count: 201),
    ])
  func large(_ pattern: String) {
    #expect(PatternFault.ofCaller(pattern)?.contains("too large") == true)
  }

  @Test(
    "what people look for is small enough",
    arguments: [
      "error", "error|warning|(connection (refused|reset))", "[0-9]{1,3}[.][0-9]{1,3}[.][0-9]{1,3}[.][0-9]{1,3}",
      "^[0-9]+-[0-9]+-[0-9]+ [A-Z]+ .*(time.?out)", "\\{\"level\":\"error\"", "[]a+{9}]", "[[:alpha:]]+", "ä+",
    ])
  func small(_ pattern: String) {
    #expect(PatternFault.ofCaller(pattern) == nil)
  }

  @Test("the faults of every pattern are those of a caller's too, and a long text is refused by its length")
  func faults() {
    #expect(PatternFault.ofCaller("\\d") == PatternFault.of("\\d"))
    #expect(PatternFault.ofCaller("(") != nil && PatternFault.ofCaller("[") != nil)
    #expect(PatternFault.ofCaller(String(repeating: "[a]", count: 400)) == "it has more than 1000 bytes")
  }

  @Test("lines are matched each for itself, in both cases where that is asked for, and seen without colours")
  func matches() {
    let lines = ["an error", "ERROR", "", "\u{1B}[31merror\u{1B}[0m", "fine"]
    #expect(LineSearch("error$").matches(in: lines) == [true, false, false, true, false])
    #expect(LineSearch("error$", ignoresCase: true).matches(in: lines) == [true, true, false, true, false])
    #expect(LineSearch("^$").matches(in: lines) == [false, false, true, false, false])
  }

  @Test("a portion of lines is about 16 KiB, and at least one line")
  func portions() {
    #expect(LineSearch.portion(of: [100_000, 1]) == 1)
    #expect(LineSearch.portion(of: [8000, 8000, 8000]) == 2)
    #expect(LineSearch.portion(of: []) == 0)
  }
}
