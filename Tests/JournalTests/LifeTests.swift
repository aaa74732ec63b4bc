// The state that one Stoker leaves to the next.

import Glibc
import Orchestration
import Testing

@testable import Journal

@Suite struct LifeTests {
  private func leave(_ records: [Journal.Record], in rig: Rig, inOrder: Bool) async throws {
    let journal = rig.journal()
    journal.append(records)
    #expect(await journal.flush())
    if inOrder { #expect(await journal.shutdown(within: .seconds(30))) } else { await journal.abandon() }
  }

  @Test func aFirstLifeFindsNothing() async throws {
    let rig = try Rig()
    let loaded = await rig.journal().load()
    #expect(!loaded.endedCleanly)
    #expect(loaded.services.isEmpty)
  }

  @Test func everythingIsThereForTheSuccessor() async throws {
    let rig = try Rig()
    try await leave(
      [
        start("a", 4, at: 10), start("a", 5, at: 11, reason: .oom), wish("a", isUp: false),
        .counters(service: "a", [("restarts", 3), ("largest", .max)]), .uptime(service: "a", [bucket(.week, 9), bucket(.hour, 8, up: 7)]),
        .uptime(service: "a", [bucket(.hour, 7)]), wish("b", isUp: true),
      ], in: rig, inOrder: true)
    let loaded = await rig.journal().load()
    #expect(loaded.endedCleanly)
    let service = try #require(loaded.services["a"])
    #expect(service.lastRun == 5)
    #expect(service.lastRestart?.at == 11)
    #expect(service.lastRestart?.reason == .oom)
    #expect(service.intent == Intent(service: "a", isUp: false, by: "a test", at: 5))
    #expect(service.counters == ["restarts": 3, "largest": .max])
    #expect(service.uptime == [bucket(.hour, 7), bucket(.hour, 8, up: 7), bucket(.week, 9)])
    #expect(loaded.services["b"]?.intent?.isUp == true)
    #expect(loaded.services["b"]?.lastRun == 0)
  }

  @Test func anEndInOrderLeavesOneFileForItsOwnerAlone() async throws {
    let rig = try Rig()
    try await leave([start("a", 1)], in: rig, inOrder: true)
    #expect(Array(rig.folder.files.keys) == ["stoker.sqlite"])
    var status = stat()
    #expect(stat(rig.folder.database, &status) == 0)
    #expect(status.st_mode & 0o777 == 0o600)
  }

  @Test func countersAreForgottenUnlessTheLifeEndedInOrder() async throws {
    let rig = try Rig()
    try await leave([.counters(service: "a", [("x", 3)]), wish("a", isUp: true)], in: rig, inOrder: false)
    let second = rig.journal()
    let loaded = await second.load()
    #expect(!loaded.endedCleanly)
    #expect(loaded.services["a"]?.counters == [:])
    #expect(loaded.services["a"]?.intent?.isUp == true)
    // A later life, after an end in order, does not get them either: meanwhile something was counted that they do not
    // include.
    #expect(await second.shutdown(within: .seconds(30)))
    let third = await rig.journal().load()
    #expect(third.endedCleanly)
    #expect(third.services["a"]?.counters == [:])
  }

  @Test func countersStayExactUntilALifeHasTakenThemOver() async throws {
    let rig = try Rig()
    try await leave([.counters(service: "a", [("x", 3)])], in: rig, inOrder: true)
    for _ in 0..<3 {
      // Killed before it counted anything.
      let killed = rig.journal()
      #expect(await killed.load().services["a"]?.counters == ["x": 3])
      killed.append([start("a", 1)])
      #expect(await killed.flush())
      await killed.abandon()
    }
    try await leave([.outdateCounters], in: rig, inOrder: false)
    let last = await rig.journal().load()
    #expect(!last.endedCleanly && last.services["a"]?.counters == [:])
  }

  @Test func theFirstRecordOfAServiceIsKnown() async throws {
    let rig = try Rig()
    try await leave([start("a", 1, at: 70), start("a", 2, at: 90), wish("b", isUp: true)], in: rig, inOrder: false)
    let loaded = await rig.journal().load()
    #expect(loaded.services["a"]?.firstSeen == 70)
    #expect(try #require(loaded.services["b"]?.firstSeen) > 1_700_000_000_000)
  }

  @Test func aKilledLifeLosesNothingThatWasDurable() async throws {
    let rig = try Rig()
    let path = rig.folder.path
    await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
      let journal = Journal(directory: path, settings: Settings()) { _ in }
      journal.append([start("a", 1), wish("a", isUp: false), .counters(service: "a", [("x", 1)])])
      guard await journal.flush(within: .seconds(30)) else { exit(1) }
      journal.append([start("a", 2)])
      kill(getpid(), SIGKILL)
    }
    let journal = rig.journal()
    let loaded = await journal.load()
    #expect(!loaded.endedCleanly)
    #expect(loaded.services["a"]?.intent?.isUp == false)
    #expect(loaded.services["a"]?.counters == [:])
    #expect(await journal.history(of: "a", limit: 5).map(\.run) == [1])
    #expect(rig.recorder.told.notices == [])
  }

  @Test func aServiceThatIsForgottenLeavesItsHistory() async throws {
    let rig = try Rig()
    let journal = rig.journal()
    journal.append([start("a", 1), wish("a", isUp: false), .counters(service: "a", [("x", 1)])])
    #expect(await journal.flush())
    // Records after the removal count, although the same transaction writes them.
    journal.append([.counters(service: "a", [("y", 1)]), wish("a", isUp: true), .forget(service: "a"), .counters(service: "a", [("z", 2)])])
    #expect(await journal.shutdown(within: .seconds(30)))
    let second = rig.journal()
    let loaded = await second.load()
    #expect(loaded.services["a"]?.intent == nil)
    #expect(loaded.services["a"]?.counters == ["z": 2])
    #expect(loaded.services["a"]?.lastRun == 1)
    #expect(await second.history(of: "a", limit: 5).count == 1)
  }

  @Test func aWishCanBeTakenBack() async throws {
    let rig = try Rig()
    try await leave([wish("a", isUp: false), wish("b", isUp: false)], in: rig, inOrder: true)
    let second = rig.journal()
    second.append([.forgetIntent(service: "a")])
    #expect(await second.shutdown(within: .seconds(30)))
    let loaded = await rig.journal().load()
    #expect(loaded.services["a"]?.intent == nil)
    #expect(loaded.services["b"]?.intent != nil)
  }

  @Test func recordsAfterTheEndAreCountedAsDropped() async throws {
    let rig = try Rig()
    let journal = rig.journal()
    #expect(await journal.shutdown(within: .seconds(30)))
    journal.append([start("a", 1)])
    #expect(journal.status.dropped == 1)
    #expect(!journal.status.isUsable)
    #expect(await !journal.flush())
    #expect(await !journal.shutdown(within: .seconds(30)))
    #expect(await journal.history(of: "a", limit: 1) == [])
    #expect(await journal.load().services.isEmpty)
  }

  @Test func anOlderFormatIsBroughtToThePresentOne() async throws {
    let rig = try Rig()
    try await leave([start("a", 1), .counters(service: "a", [("x", 3)])], in: rig, inOrder: true)
    var newer = Schema.current
    newer.steps.append("CREATE TABLE later (id INTEGER PRIMARY KEY)")
    let journal = rig.journal(schema: newer)
    #expect(await journal.load().services["a"]?.counters == ["x": 3])
    #expect(await journal.history(of: "a", limit: 5).count == 1)
    let look = try rig.look()
    #expect(try look.integer("PRAGMA user_version") == Schema.current.version + 1)
    #expect(try look.integer("SELECT count(*) FROM later") == 0)
    #expect(try look.integer("PRAGMA application_id") == Schema.applicationID)
  }
}
