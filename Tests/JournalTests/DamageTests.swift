// Databases that are damaged, or not ours.

import Glibc
import Orchestration
import Testing

@testable import Journal

@Suite struct DamageTests {
  /// A journal of some pages, closed in order.
  private func filled(_ rig: Rig) async throws {
    let journal = rig.journal()
    for run in 1...400 as ClosedRange<UInt64> { journal.append([start("a", run), end("a", run, lines: ["said \(run)"])]) }
    journal.append([wish("a", isUp: false)])
    #expect(await journal.shutdown(within: .seconds(30)))
    #expect(rig.folder.bytes("stoker.sqlite").count > 40_000)
  }

  /// Checks that a journal sets the existing file aside unchanged, and works.
  private func expectSetAside(_ rig: Rig, _ location: SourceLocation = #_sourceLocation) async throws {
    let damaged = rig.folder.bytes("stoker.sqlite")
    let journal = rig.journal()
    #expect(await journal.load().services.isEmpty, sourceLocation: location)
    journal.append([start("b", 1)])
    #expect(await journal.flush(), sourceLocation: location)
    #expect(await journal.history(of: "b", limit: 5).count == 1, sourceLocation: location)
    #expect(journal.status.isUsable && journal.status.problem == nil, sourceLocation: location)
    #expect(journal.status.errors == 1, sourceLocation: location)
    guard case .setAside(let path, _)? = rig.recorder.told.notices.first, rig.recorder.told.notices.count == 1 else {
      Issue.record("told was \(rig.recorder.told.notices)", sourceLocation: location)
      return
    }
    #expect(path.hasPrefix(rig.folder.database + ".damaged-"), sourceLocation: location)
    #expect(rig.folder.bytes(String(path.split(separator: "/").last ?? "")) == damaged, sourceLocation: location)
    #expect(await journal.shutdown(within: .seconds(30)), sourceLocation: location)
    #expect(await rig.journal().load().endedCleanly, sourceLocation: location)
  }

  @Test func aFileThatIsNoDatabaseIsSetAside() async throws {
    let rig = try Rig()
    try rig.folder.write(
      Array("not a database, but longer than a header is, which has a hundred bytes and no more than that, not one".utf8),
      to: "stoker.sqlite")
    try await expectSetAside(rig)
  }

  @Test func aFileThatWasTornInItsHeaderIsSetAside() async throws {
    let rig = try Rig()
    try await filled(rig)
    try rig.folder.write(Array(rig.folder.bytes("stoker.sqlite").prefix(60)), to: "stoker.sqlite")
    try await expectSetAside(rig)
  }

  @Test func aFileThatWasTornInTheMiddleIsSetAside() async throws {
    let rig = try Rig()
    try await filled(rig)
    try rig.folder.write(Array(rig.folder.bytes("stoker.sqlite").prefix(20_000)), to: "stoker.sqlite")
    try await expectSetAside(rig)
  }

  @Test func aFileWithADamagedPageIsSetAside() async throws {
    let rig = try Rig()
    try await filled(rig)
    try rig.folder.write([UInt8](repeating: 0xAA, count: 4096 * 3), to: "stoker.sqlite", at: 4096 * 4)
    try await expectSetAside(rig)
  }

  @Test func aFileWhoseTablesAreGoneIsSetAside() async throws {
    let rig = try Rig()
    try await filled(rig)
    try rig.look().run("DROP TABLE runs")
    try await expectSetAside(rig)
  }

  @Test func damageThatIsFoundLaterCostsNothingThatWaits() async throws {
    let rig = try Rig()
    try await filled(rig)
    try rig.folder.write([UInt8](repeating: 0xAA, count: 4096 * 20), to: "stoker.sqlite", at: 4096 * 2)
    let journal = rig.journal {
      $0.checkedBytes = 0
      $0.gather = .seconds(3600)
    }
    journal.append([start("a", 500)])
    // The first reader of the damaged page meets it.
    _ = await journal.history(of: "a", limit: 500)
    #expect(await journal.flush())
    #expect(await journal.history(of: "a", limit: 500).map(\.run) == [500])
    #expect(journal.status.errors >= 1)
    #expect(rig.recorder.told.notices.contains { if case .setAside = $0 { true } else { false } })
    #expect(rig.folder.files.keys.contains { $0.hasPrefix("stoker.sqlite.damaged-") })
  }

  @Test func aLogWhoseFileIsGoneIsSetAsideWithIt() async throws {
    let rig = try Rig()
    try rig.folder.write([1, 2, 3], to: "stoker.sqlite-wal")
    try await expectSetAside(rig)
    let kept = rig.folder.files.keys.filter { $0.hasPrefix("stoker.sqlite.damaged-") && $0.hasSuffix("-wal") }
    #expect(kept.count == 1)
  }

  @Test func damagedFilesDoNotReplaceEachOther() throws {
    let folder = try Folder()
    for number in 1...3 as ClosedRange<UInt8> {
      try folder.write([number], to: "stoker.sqlite")
      _ = try JournalFile.setAside(folder.database)
    }
    #expect(folder.files.count == 3)
    #expect(folder.files["stoker.sqlite"] == nil)
  }

  /// Checks that a journal reports the existing file, works without it, and does not touch it.
  private func expectLeftAlone(_ rig: Rig, saying words: String, _ location: SourceLocation = #_sourceLocation) async throws {
    let before = rig.folder.files.keys.sorted().map { [UInt8]($0.utf8) + rig.folder.bytes($0) }
    let journal = rig.journal()
    #expect(await journal.load().services.isEmpty, sourceLocation: location)
    journal.append([start("b", 1)])
    #expect(await !journal.flush(), sourceLocation: location)
    #expect(await journal.history(of: "b", limit: 5).count == 1, sourceLocation: location)
    let status = journal.status
    #expect(!status.isUsable && status.problem?.contains(words) == true, sourceLocation: location)
    #expect(status.errors >= 2 && status.pending == 1, sourceLocation: location)
    #expect(await !journal.shutdown(within: .seconds(30)), sourceLocation: location)
    #expect(rig.recorder.told.notices.count == 1, sourceLocation: location)
    #expect(rig.folder.files.keys.sorted().map { [UInt8]($0.utf8) + rig.folder.bytes($0) } == before, sourceLocation: location)
  }

  @Test func aNewerFormatIsLeftAlone() async throws {
    let rig = try Rig()
    try await filled(rig)
    try rig.look().run("PRAGMA user_version = 99")
    try await expectLeftAlone(rig, saying: "newer Stoker")
  }

  @Test func aNewerFormatThatStandsInTheLogAloneIsLeftAlone() async throws {
    let rig = try Rig()
    try await filled(rig)
    var look: Connection? = try rig.look()
    try look?.run("PRAGMA user_version = 99; INSERT INTO services (name, seen_at) VALUES ('later', 0)")
    look?.leaveLog()
    look = nil
    // SQLite keeps its index of the log in a file that every program that opens the database may rewrite.
    unlink(rig.folder.database + "-shm")
    #expect(FileHeader.read(rig.folder.database) == .success(.database(applicationID: Schema.applicationID, version: 1)))
    let before = [rig.folder.bytes("stoker.sqlite"), rig.folder.bytes("stoker.sqlite-wal")]
    let journal = rig.journal()
    #expect(await journal.load().services.isEmpty)
    #expect(journal.status.problem?.contains("newer Stoker") == true)
    #expect(await !journal.shutdown(within: .seconds(30)))
    #expect([rig.folder.bytes("stoker.sqlite"), rig.folder.bytes("stoker.sqlite-wal")] == before)
  }

  @Test(arguments: [0, 0x1234]) func anotherProgramsDatabaseIsLeftAlone(number: Int) async throws {
    let rig = try Rig()
    try rig.folder.write([], to: "stoker.sqlite")
    try rig.look().run("CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1); PRAGMA application_id = \(number)")
    try await expectLeftAlone(rig, saying: "another program's")
  }

  @Test func anEmptyFileIsFilled() async throws {
    let rig = try Rig()
    try rig.folder.write([], to: "stoker.sqlite")
    let journal = rig.journal()
    journal.append([start("a", 1)])
    #expect(await journal.flush())
    #expect(journal.status.errors == 0)
  }

  @Test func aFolderInItsPlaceIsLeftAloneAndTheJournalComesWhenItGoes() async throws {
    let rig = try Rig()
    try #require(mkdir(rig.folder.database, 0o700) == 0)
    let journal = rig.journal()
    journal.append([start("a", 1)])
    #expect(await !journal.flush())
    #expect(journal.status.problem?.contains("not a regular file") == true)
    rmdir(rig.folder.database)
    try await rig.recorder.wait(for: "its recovery") { $0.notices.last == .recovered }
    #expect(await journal.flush())
    #expect(try rig.look().integer("SELECT count(*) FROM runs") == 1)
    #expect(journal.status.problem == nil && journal.status.isUsable)
    #expect(rig.recorder.told.notices.count == 2)
  }

  @Test func aFileThatIsRemovedUnderItsFeetIsBegunAnew() async throws {
    let rig = try Rig()
    let journal = rig.journal()
    journal.append([start("a", 1)])
    #expect(await journal.flush())
    for name in rig.folder.files.keys { unlink("\(rig.folder.path)/\(name)") }
    journal.append([start("a", 2)])
    try await rig.recorder.wait(for: "its recovery") { $0.notices.last == .recovered }
    #expect(await journal.flush())
    #expect(try rig.look().integer("SELECT run FROM runs") == 2)
  }
}
