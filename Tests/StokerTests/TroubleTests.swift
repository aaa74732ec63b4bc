// Stoker's own troubles (rule 85).

import Testing

@testable import Stoker

@Suite struct TroubleTests {
  static let all: [Trouble] = [
    .stateDirectoryLost("the state directory '/s' is gone"), .journalUnusable("the disk is full"), .recordUnwritten("cannot write it"),
    .reloadRefused(problems: ["a.yaml:1:1: no", "another"], inForce: Timestamp(nanoseconds: 0)),
    .limitNotInForce("limits.memory is not in force: read-only", services: ["a", "b"]), .checksNotMade(services: ["a"]),
    .outputDropped(services: ["a", "b", "c", "d", "e", "f"]), .outputLost(services: ["a"]), .logHangs(path: "/l"),
  ]

  @Test("each has a word of its own and one sentence, which names at most a few services")
  func words() {
    #expect(Set(Self.all.map(\.code)).count == Self.all.count)
    for trouble in Self.all {
      #expect(!trouble.sentence.isEmpty && !trouble.sentence.hasSuffix(".") && !trouble.sentence.contains("\n"))
      #expect(trouble.code.allSatisfy { $0.isLowercase || $0 == "_" })
    }
    #expect(
      Self.all[3].sentence
        == "the service file was not reloaded: a.yaml:1:1: no (and 1 more); what was read at 1970-01-01 00:00:00 UTC stays in force")
    #expect(Self.all[4].sentence == "limits.memory is not in force: read-only (a and b)")
    #expect(Self.all[6].sentence.hasPrefix("output of a, b, c, d and 2 more was dropped within the last 5 min"))
  }
}
