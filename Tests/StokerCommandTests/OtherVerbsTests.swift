// Verbs that people know from other tools.

import Testing

@testable import StokerCommand

struct OtherVerbsTests {
  @Test("each word is no verb of ours, and stands once; each command begins with a verb, as the advice needs one")
  func table() {
    let words = OtherVerbs.table.flatMap(\.words)
    #expect(Set(words).count == words.count && Set(words).isDisjoint(with: StokerCommand.verbs))
    for entry in OtherVerbs.table {
      #expect(!entry.words.isEmpty && !entry.text.isEmpty && !entry.text.contains("  "))
      for command in entry.commands {
        let verb = command.prefix { $0 != " " }
        #expect(StokerCommand.verbs.contains(String(verb)), "\(command)")
      }
    }
  }

  @Test("the advice names what to type, whatever the case; an invented verb has none")
  func advice() {
    #expect(OtherVerbs.advice(for: "PS") == "its name here is 'stoker status'")
    #expect(OtherVerbs.advice(for: "up") == "its name here is 'stoker run' or 'stoker start NAME', if it is running")
    #expect(OtherVerbs.advice(for: "pull") == "Stoker starts programs of this machine, not containers")
    #expect(OtherVerbs.advice(for: "frobnicate") == nil)
  }
}
