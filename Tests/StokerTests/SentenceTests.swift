// Sentences that quote output of services, with and without it.

import Testing

@testable import Stoker

@Suite struct SentenceTests {
  private let quoting = Sentence("exit code 1: key=42", withoutOutput: "exit code 1")

  @Test("a sentence made of sentences has both versions")
  func interpolation() {
    let plain: Sentence = "status \(500)"
    #expect(plain.full == "status 500" && !plain.quotesOutput)
    #expect(("unhealthy: \(plain)" as Sentence) == "unhealthy: status 500")
    let nested: Sentence = "dao: \(quoting); \(plain), then \(quoting) \("again")"
    #expect(nested.full == "dao: exit code 1: key=42; status 500, then exit code 1: key=42 again")
    #expect(nested.withoutOutput == "dao: exit code 1; status 500, then exit code 1 again")
    #expect(quoting.map { $0.uppercased() } == Sentence("EXIT CODE 1: KEY=42", withoutOutput: "EXIT CODE 1"))
  }

  @Test("the journal keeps both versions, and a text that it cut has lost output")
  func stored() {
    for sentence in [quoting, "status 500", ""] { #expect(Sentence(stored: sentence.stored) == sentence) }
    // Written by an earlier version, which kept one text.
    #expect(Sentence(stored: "exited with code 3") == "exited with code 3")
    // Output may contain the mark.
    let marked = Sentence("exit code 1: a\u{1F}b", withoutOutput: "exit code 1")
    #expect(Sentence(stored: marked.stored) == marked)
    #expect(Sentence(stored: Sentence("a\u{1F}b").stored) == "a b")
    for length in 0...quoting.stored.count {
      let cut = Sentence(stored: String(quoting.stored.prefix(length)))
      #expect(quoting.withoutOutput.hasPrefix(cut.withoutOutput))
    }
  }
}
