// The history of runs.

import Orchestration
import Testing

@testable import Journal

@Suite struct HistoryTests {
  private static let full: [Journal.Record] = [
    .started(RunStart(service: "a", run: 7, at: 100, cause: "boot", reason: nil, pid: 4711)),
    .ended(
      RunEnd(service: "a", run: 7, at: 350, cause: "killed", exit: .signal(11, coreDumped: true), seconds: 0.25, lines: ["one", "", "two"])),
    .startFailed(StartFailure(service: "a", run: 8, at: 400, stage: "spawn", text: "no such file")),
    .started(RunStart(service: "a", run: 9, at: 500, cause: "again", reason: .startFailed, pid: 4712)),
  ]

  private static let entries: [RunEntry] = [
    RunEntry(run: 9, startedAt: 500, startCause: "again", reason: .startFailed, pid: 4712, outcome: .open),
    RunEntry(
      run: 8, startedAt: 400, startCause: nil, reason: nil, pid: nil,
      outcome: .startFailed(StartFailure(service: "a", run: 8, at: 400, stage: "spawn", text: "no such file"))),
    RunEntry(
      run: 7, startedAt: 100, startCause: "boot", reason: nil, pid: 4711,
      outcome: .ended(
        RunEnd(
          service: "a", run: 7, at: 350, cause: "killed", exit: .signal(11, coreDumped: true), seconds: 0.25, lines: ["one", "", "two"]))),
  ]

  @Test func theNewestRunComesFirstWithAllThatIsKnown() async throws {
    let rig = try Rig()
    let journal = rig.journal()
    journal.append(Self.full)
    #expect(await journal.flush())
    #expect(await journal.history(of: "a", limit: 10) == Self.entries)
    #expect(await journal.history(of: "a", limit: 2) == Array(Self.entries.prefix(2)))
    #expect(await journal.history(of: "a", limit: 0) == [])
    #expect(await journal.history(of: "b", limit: 10) == [])
  }

  @Test func unwrittenRecordsAreInTheHistory() async throws {
    let rig = try Rig()
    let journal = rig.journal { $0.gather = .seconds(3600) }
    journal.append(Self.full)
    #expect(await journal.history(of: "a", limit: 10) == Self.entries)
    #expect(rig.recorder.told.commits == 0)
  }

  @Test func anEndThatIsNotWrittenYetIsJoinedToItsWrittenStart() async throws {
    let rig = try Rig()
    let journal = rig.journal { $0.gather = .seconds(3600) }
    journal.append([Self.full[0]])
    #expect(await journal.flush())
    journal.append([Self.full[1], start("b", 1)])
    #expect(await journal.history(of: "a", limit: 10) == [Self.entries[2]])
  }

  @Test(arguments: [Exit.code(0), .code(255), .signal(9, coreDumped: false), .signal(6, coreDumped: true), .outOfMemory, .unknown])
  func everyKindOfEndComesBackAsItWas(exit: Exit) async throws {
    let rig = try Rig()
    let journal = rig.journal()
    let end = RunEnd(service: "a", run: 1, at: 10, cause: "", exit: exit, seconds: 0.001, lines: [])
    journal.append([start("a", 1), .ended(end)])
    #expect(await journal.flush())
    #expect(await journal.history(of: "a", limit: 1).first?.outcome == .ended(end))
  }

  @Test func anEndWhoseStartWasLostIsKept() async throws {
    let rig = try Rig()
    let journal = rig.journal()
    journal.append([end("a", 3, at: 5000)])
    let pending = await journal.history(of: "a", limit: 5)
    #expect(await journal.flush())
    let written = await journal.history(of: "a", limit: 5)
    #expect(written == pending)
    #expect(written.map(\.run) == [3])
    #expect(written.first?.startedAt == 4000)
    #expect(written.first?.startCause == nil)
  }

  @Test func aRunNumberThatCameTwiceEndsItsNewestRun() async throws {
    let rig = try Rig()
    let journal = rig.journal()
    journal.append([start("a", 1, at: 1), end("a", 1, at: 2), start("a", 1, at: 3)])
    #expect(await journal.flush())
    journal.append([end("a", 1, at: 4)])
    #expect(await journal.flush())
    let history = await journal.history(of: "a", limit: 5)
    #expect(history.map(\.startedAt) == [3, 1])
    #expect(history.map(\.outcome.endedAt) == [4, 2])
  }

  @Test func ofTheOutputTheLastLinesThatFitAreKept() {
    let many = RunEnd(
      service: "a", run: 1, at: 0, cause: "", exit: .unknown, seconds: 0, lines: (1...30).map { "line \($0)" })
    #expect(many.lines == (11...30).map { "line \($0)" })
    let long = String(repeating: "é", count: 1500)
    let big = RunEnd(service: "a", run: 1, at: 0, cause: "", exit: .unknown, seconds: 0, lines: ["gone", long, "last"])
    // 3,000 bytes and 4, each with its end.
    #expect(big.lines == ["gone", long, "last"])
    let cut = RunEnd(service: "a", run: 1, at: 0, cause: "", exit: .unknown, seconds: 0, lines: ["gone", long + long, "last"])
    #expect(cut.lines.last == "last")
    #expect(cut.lines.count == 2)
    #expect(cut.lines.reduce(0) { $0 + $1.utf8.count + 1 } == RunEnd.mostBytes)
    #expect(cut.lines.first?.allSatisfy { $0 == "é" } == true)
  }

  @Test func aSentenceIsCutBetweenCharacters() {
    let cause = String(repeating: "a", count: 1023) + "é"
    #expect(RunStart(service: "a", run: 1, at: 0, cause: cause, reason: nil, pid: 1).cause == String(repeating: "a", count: 1023))
  }
}

extension RunEntry.Outcome {
  fileprivate var endedAt: Int64? { if case .ended(let end) = self { end.at } else { nil } }
}
