// The limits of the history on the disk.

import Orchestration
import Testing

@testable import Journal

@Suite struct RetentionTests {
  @Test func theNewestRunsOfEachServiceAreKept() async throws {
    let rig = try Rig()
    let journal = rig.journal { $0.retention = Settings.Retention(runs: 5, outputs: 2, services: 100) }
    journal.append([start("quiet", 1)])
    for run in 1...20 as ClosedRange<UInt64> {
      journal.append([start("a", run), end("a", run, lines: ["said \(run)"])])
      if run.isMultiple(of: 3) { #expect(await journal.flush()) }
    }
    #expect(await journal.flush())
    let history = await journal.history(of: "a", limit: 100)
    #expect(history.map(\.run) == [20, 19, 18, 17, 16])
    #expect(history.map { if case .ended(let end) = $0.outcome { end.lines } else { [] } } == [["said 20"], ["said 19"], [], [], []])
    #expect(await journal.history(of: "quiet", limit: 100).count == 1)
    #expect(try rig.look().integer("SELECT count(*) FROM runs") == 6)
    #expect(try rig.look().integer("SELECT count(*) FROM outputs") == 2)
  }

  @Test func bucketsThatAreOlderThanTheirWindowGo() async throws {
    let rig = try Rig()
    let journal = rig.journal()
    journal.append([.uptime(service: "old", [bucket(.hour, 1), bucket(.day, 1), bucket(.week, 1)])])
    #expect(await journal.flush())
    journal.append([.uptime(service: "a", [bucket(.hour, 60), bucket(.day, 60), bucket(.week, 60)])])
    #expect(await journal.flush())
    #expect(try rig.look().integer("SELECT count(*) FROM uptime") == 6)
    journal.append([.uptime(service: "a", [bucket(.hour, 61), bucket(.day, 61), bucket(.week, 61)])])
    #expect(await journal.flush())
    let look = try rig.look()
    #expect(try look.integer("SELECT count(*) FROM uptime WHERE window = '1h' AND number = 1") == 0)
    #expect(try look.integer("SELECT count(*) FROM uptime WHERE number = 1") == 2)
    #expect(try look.integer("SELECT count(*) FROM uptime") == 8)
  }

  @Test func ofServicesThatAreGoneForLongNothingIsKept() async throws {
    let rig = try Rig()
    let first = rig.journal()
    for number in 1...10 as ClosedRange<Int64> {
      first.append([
        start("s\(number)", 1, at: number), end("s\(number)", 1, at: number, lines: ["x"]),
        .uptime(service: "s\(number)", [bucket(.hour, 1)]),
      ])
    }
    #expect(await first.shutdown(within: .seconds(30)))
    let second = rig.journal { $0.retention.services = 4 }
    #expect(await second.load().services.keys.sorted() == ["s10", "s7", "s8", "s9"])
    for table in ["services", "runs", "outputs", "uptime"] {
      #expect(try rig.look().integer("SELECT count(*) FROM \(table)") == 4, "\(table)")
    }
  }
}
