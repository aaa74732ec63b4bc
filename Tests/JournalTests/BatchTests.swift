// The way of appended records to the disk.

import Glibc
import Orchestration
import Testing

@testable import Journal

@Suite struct BatchTests {
  @Test func appendedRecordsAreInTheFileWithinASecondByOneTransaction() async throws {
    let rig = try Rig()
    let journal = rig.journal()
    _ = await journal.load()
    #expect(Settings().gather <= .milliseconds(500))
    for run in 1...500 { journal.append([start("a", UInt64(run)), end("a", UInt64(run))]) }
    #expect(journal.status.pending == 1000)
    try await rig.recorder.wait(for: "a commit") { $0.commits == 1 }
    let look = try rig.look()
    #expect(try look.integer("SELECT count(*) FROM runs WHERE ended_at IS NOT NULL") == 500)
    #expect(try look.text("PRAGMA journal_mode") == "wal")
    #expect(await journal.flush())
    #expect(journal.status.pending == 0)
    #expect(rig.recorder.told.commits == 1)
  }

  @Test func recordsThatReplaceEachOtherAreWrittenOnce() async throws {
    let rig = try Rig()
    let journal = rig.journal { $0.gather = .seconds(3600) }
    for round in 1...100 {
      journal.append([
        .uptime(service: "a", [bucket(.hour, 1, up: UInt32(round))]), .counters(service: "a", [("x", UInt64(round))]),
        wish("a", isUp: round.isMultiple(of: 2)),
      ])
    }
    #expect(journal.status.pending == 3)
    #expect(await journal.flush())
    let look = try rig.look()
    #expect(try look.integer("SELECT up FROM uptime") == 100)
    #expect(try look.integer("SELECT value FROM counters") == 100)
    #expect(try look.integer("SELECT is_up FROM intents") == 1)
    #expect(try look.integer("SELECT count(*) FROM uptime") == 1)
  }

  @Test func aBatchOfWhichNobodyKnowsWhetherItWasWrittenIsNotWrittenTwice() throws {
    let folder = try Folder()
    var backlog = Backlog()
    #expect(backlog.append(start("a", 1)) == 0)
    func write(_ number: Int64, token: Int64) throws -> Int {
      let file = try JournalFile.open(folder.database, token: token, settings: Settings(), schema: .current)
      try file.write(Batch(number: number, backlog: backlog))
      return try file.history(of: "a", limit: 10).count
    }
    #expect(try write(1, token: 1) == 1)
    #expect(try write(1, token: 1) == 1)
    #expect(try write(2, token: 1) == 2)
    #expect(try write(1, token: 2) == 3)
  }

  @Test func anIdleJournalSleeps() async throws {
    await #expect(processExitsWith: .success) {
      let rig = try Rig()
      let idle = rig.journal()
      idle.append([start("a", 1)])
      try await rig.recorder.wait(for: "a commit") { $0.commits == 1 }
      #expect(await idle.flush())
      _ = await idle.history(of: "a", limit: 1)
      let thread = try #require(threads().first)
      // The thread goes to sleep once more after its last answer.
      while state(of: thread) != "S" { try await Task.sleep(for: .milliseconds(1)) }
      let before = switches(of: thread)
      let other = try Rig()
      let busy = other.journal()
      for round in 1...2 {
        busy.append([start("a", UInt64(round))])
        try await other.recorder.wait(for: "a commit") { $0.commits == round }
      }
      #expect(switches(of: thread) == before)
      #expect(before != nil)
    }
  }
}

private func threads() -> [Int] {
  var found: [Int] = []
  guard let folder = opendir("/proc/self/task") else { return [] }
  defer { closedir(folder) }
  while let entry = readdir(folder) {
    let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    if let id = Int(name), line("/proc/self/task/\(id)/comm", "") == "stoker-journal" { found.append(id) }
  }
  return found
}

private func switches(of thread: Int) -> String? { line("/proc/self/task/\(thread)/status", "voluntary_ctxt_switches:") }

private func state(of thread: Int) -> String? {
  line("/proc/self/task/\(thread)/status", "State:")?.first { !$0.isWhitespace }.map { String($0) }
}

/// The rest of the first line that starts with `begin`.
private func line(_ path: String, _ begin: String) -> String? {
  guard let file = fopen(path, "re") else { return nil }
  defer { fclose(file) }
  var block = [UInt8](repeating: 0, count: 65536)
  let count = fread(&block, 1, block.count, file)
  return String(decoding: block[0..<count], as: UTF8.self).split(separator: "\n").first { $0.hasPrefix(begin) }
    .map { String($0.dropFirst(begin.count)) }
}
