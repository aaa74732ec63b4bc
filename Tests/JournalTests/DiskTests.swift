// Disks that are full, cannot be written, or hang.

import Glibc
import Linux
import Orchestration
import Synchronization
import Testing

@testable import Journal

@Suite struct DiskTests {
  @Test(.enabled(if: SmallDisk.isPossible)) func aFullDiskLosesNothingThatIsHeldWhenThereIsRoomAgain() async throws {
    let disk = try SmallDisk(size: "512k")
    let rig = try Rig()
    let first = rig.journal(in: disk.path)
    first.append([start("a", 1), wish("a", isUp: false)])
    #expect(await first.shutdown(within: .seconds(30)))
    let journal = rig.journal(in: disk.path)
    #expect(await journal.load().services["a"]?.lastRun == 1)
    try disk.fill()
    // New services: rows from a transaction that failed do not count.
    journal.append([start("b", 1), start("c", 1)])
    let lines = (1...20).map { "\($0) " + String(repeating: "x", count: 150) }
    for run in 2...50 as ClosedRange<UInt64> { journal.append([start("a", run), end("a", run, lines: lines)]) }
    #expect(await !journal.flush())
    #expect(journal.status.problem?.contains("full") == true)
    #expect(!journal.status.isUsable)
    #expect(journal.status.pending == 100)
    #expect(journal.status.dropped == 0)
    #expect(await journal.history(of: "a", limit: 100).count == 50)
    disk.makeRoom()
    try await rig.recorder.wait(for: "its recovery") { $0.notices.last == .recovered }
    #expect(await journal.flush())
    #expect(journal.status.pending == 0)
    #expect(journal.status.problem == nil)
    #expect(journal.status.errors >= 1)
    #expect(rig.recorder.told.notices.count == 2)
    let look = try Connection(path: "\(disk.path)/stoker.sqlite")
    #expect(try look.integer("SELECT count(*) FROM runs") == 52)
    for service in ["b", "c"] { #expect(await journal.history(of: service, limit: 5).map(\.run) == [1]) }
    #expect(try look.integer("SELECT count(*) FROM outputs") == 49)
    #expect(try look.text("PRAGMA quick_check") == "ok")
  }

  @Test(.enabled(if: SmallDisk.isPossible)) func onADiskThatIsFullAtTheStartWishesAreReadAndCountersAreNot() async throws {
    let disk = try SmallDisk(size: "512k")
    let rig = try Rig()
    let first = rig.journal(in: disk.path)
    first.append([wish("a", isUp: false), .counters(service: "a", [("x", 1)])])
    #expect(await first.shutdown(within: .seconds(30)))
    try disk.fill()
    let journal = rig.journal(in: disk.path)
    let loaded = await journal.load()
    // The mark of the earlier life could not be removed, so counts of this life could be lost unnoticed.
    #expect(loaded.services["a"]?.counters == [:])
    #expect(loaded.services["a"]?.intent?.isUp == false)
    #expect(!journal.status.isUsable && journal.status.problem != nil)
    disk.makeRoom()
    journal.append([.outdateCounters, start("a", 1)])
    try await rig.recorder.wait(for: "its recovery") { $0.notices.last == .recovered }
    // The disk may have been tried before the records came.
    #expect(await journal.flush())
    let look = try Connection(path: "\(disk.path)/stoker.sqlite")
    #expect(try look.integer("SELECT ended_cleanly FROM life") == 0)
  }

  @Test(.enabled(if: SmallDisk.isPossible)) func aDiskThatCannotBeWrittenIsTriedAgain() async throws {
    let disk = try SmallDisk(size: "1m")
    try disk.makeReadOnly(true)
    let rig = try Rig()
    let journal = rig.journal(in: disk.path)
    #expect(await journal.load().services.isEmpty)
    journal.append([start("a", 1)])
    #expect(await !journal.flush())
    #expect(journal.status.problem?.contains("Read-only") == true)
    try disk.makeReadOnly(false)
    try await rig.recorder.wait(for: "its recovery") { $0.notices.last == .recovered }
    #expect(await journal.flush())
    #expect(await journal.history(of: "a", limit: 1).count == 1)
  }

  @Test(.enabled(if: SmallDisk.isPossible)) func aDatabaseOnADiskThatCannotBeWrittenIsTriedAgain() async throws {
    let disk = try SmallDisk(size: "1m")
    let rig = try Rig()
    let first = rig.journal(in: disk.path)
    first.append([wish("a", isUp: false)])
    #expect(await first.shutdown(within: .seconds(30)))
    try disk.makeReadOnly(true)
    let journal = rig.journal(in: disk.path)
    #expect(await journal.load().services["a"]?.intent?.isUp == false)
    #expect(!journal.status.isUsable)
    #expect(journal.status.problem != nil)
    try disk.makeReadOnly(false)
    journal.append([start("a", 1)])
    try await rig.recorder.wait(for: "its recovery") { $0.notices.last == .recovered }
    #expect(await journal.load().services["a"]?.intent?.isUp == false)
  }

  @Test(.enabled(if: SmallDisk.isPossible), arguments: [true, false])
  func aDiskIsTriedAgainThoughNothingWaits(isNew: Bool) async throws {
    let disk = try SmallDisk(size: "512k")
    let rig = try Rig()
    if !isNew {
      let first = rig.journal(in: disk.path)
      first.append([wish("a", isUp: false)])
      #expect(await first.shutdown(within: .seconds(30)))
    }
    try disk.fill()
    let journal = rig.journal(in: disk.path)
    #expect(await journal.load().services.count == (isNew ? 0 : 1))
    #expect(!journal.status.isUsable && journal.status.pending == 0)
    disk.makeRoom()
    try await rig.recorder.wait(for: "its recovery") { $0.notices.last == .recovered }
    #expect(journal.status.isUsable && journal.status.problem == nil)
  }

  @Test(.enabled(if: geteuid() != 0)) func aFolderThatCannotBeWrittenIsTriedAgain() async throws {
    let rig = try Rig()
    chmod(rig.folder.path, 0o500)
    let journal = rig.journal()
    journal.append([start("a", 1)])
    #expect(await !journal.flush())
    #expect(journal.status.problem?.contains("Permission denied") == true)
    chmod(rig.folder.path, 0o700)
    try await rig.recorder.wait(for: "its recovery") { $0.notices.last == .recovered }
  }

  @Test func whileSomebodyElseHoldsTheDatabaseItIsTriedAgain() async throws {
    let rig = try Rig()
    let journal = rig.journal()
    _ = await journal.load()
    let other = try rig.look()
    try other.run("BEGIN IMMEDIATE")
    journal.append([start("a", 1), wish("a", isUp: true)])
    #expect(await !journal.flush())
    #expect(journal.status.problem?.contains("locked") == true)
    #expect(journal.status.errors >= 1)
    journal.append([end("a", 1)])
    try other.run("COMMIT")
    try await rig.recorder.wait(for: "its recovery") { $0.notices.last == .recovered }
    #expect(await journal.flush())
    #expect(try other.integer("SELECT count(*) FROM runs WHERE ended_at IS NOT NULL") == 1)
    #expect(try other.integer("SELECT count(*) FROM intents") == 1)
  }

  @Test func aDiskThatHangsStopsNobodyAndWhatWaitsIsBounded() async throws {
    let rig = try Rig()
    let hang = Hang()
    let journal = rig.journal {
      $0.beforeCommit = { hang.wait() }
      $0.patience = .zero
      $0.backlog = Backlog.Limits(runs: 1000, runBytes: 1 << 20, buckets: 100)
    }
    _ = await journal.load()
    journal.append([start("a", 1)])
    await hang.isReached()
    journal.append([wish("a", isUp: false), .counters(service: "a", [("x", 9)])])
    for run in 2...20_000 as ClosedRange<UInt64> { journal.append([start("a", run), .uptime(service: "a", [bucket(.hour, Int64(run))])]) }
    let status = journal.status
    #expect(status.pending <= 1 + 1000 + 100 + 2)
    #expect(status.pending >= 800)
    #expect(status.dropped >= 2 * 20_000 - 2200)
    #expect(!status.isUsable)
    #expect(status.problem?.contains("has not answered") == true)
    // A caller waits no longer than the time it gives.
    #expect(await journal.history(of: "a", limit: 2, within: .milliseconds(10)).map(\.run) == [20_000, 19_999])
    #expect(await journal.load(within: .milliseconds(10)).services.isEmpty)
    #expect(await !journal.flush(within: .milliseconds(10)))
    hang.end()
    #expect(await journal.flush(within: .seconds(30)))
    #expect(journal.status.pending == 0)
    // Without any patience, a journal that still tidies up counts as one that hangs.
    while !journal.status.isUsable { await Task.yield() }
    let look = try rig.look()
    #expect(try look.integer("SELECT is_up FROM intents") == 0)
    #expect(try look.integer("SELECT value FROM counters") == 9)
    #expect(try look.integer("SELECT max(run) FROM runs") == 20_000)
    #expect(try look.integer("SELECT count(*) FROM runs WHERE run = 1") == 0, "500 runs are kept")
    #expect(rig.recorder.told.notices == [])
  }

  @Test func aDiskThatHangsAtTheEndIsLeftAlone() async throws {
    let rig = try Rig()
    let hang = Hang()
    let journal = rig.journal { $0.beforeCommit = { hang.wait() } }
    journal.append([start("a", 1)])
    #expect(await !journal.shutdown(within: .milliseconds(10)))
    hang.end()
  }
}

/// A disk that does not answer until the test lets it.
private final class Hang: Sendable {
  private let isOpen = Mutex(false)
  private let reached = Answer<Bool>()
  private let bell = Bell()

  func wait() {
    reached.give(true)
    while !(isOpen.withLock { $0 }) { bell.wait(until: nil) }
  }

  func isReached() async { _ = await reached.value(within: .seconds(30)) { false } }

  func end() {
    isOpen.withLock { $0 = true }
    bell.ring()
  }
}
