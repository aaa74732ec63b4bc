// The bounds of the backlog.

import Orchestration
import Testing

@testable import Journal

@Suite struct BacklogTests {
  private func backlog(runs: Int = 100, bytes: Int = 1 << 20, buckets: Int = 100) -> Backlog {
    Backlog(limits: Backlog.Limits(runs: runs, runBytes: bytes, buckets: buckets))
  }

  @Test func theOldestRunsAreDroppedAndCounted() {
    var backlog = backlog()
    var dropped = 0
    for run in 1...1000 as ClosedRange<UInt64> {
      dropped += backlog.append(start("a", run))
      #expect(backlog.runs.count <= 100)
    }
    #expect(backlog.runs.count + dropped == 1000)
    #expect(backlog.runs.count >= 80)
    guard case .started(let last)? = backlog.runs.last, case .started(let first)? = backlog.runs.first else {
      Issue.record("no starts")
      return
    }
    #expect(last.run == 1000)
    #expect(first.run == 1001 - UInt64(backlog.runs.count))
  }

  @Test func manyLongOutputsTakeNoMoreThanTheirRoom() {
    var backlog = backlog(runs: 10_000, bytes: 100_000)
    let lines = (1...20).map { "\($0) " + String(repeating: "x", count: 150) }
    var dropped = 0
    for run in 1...1000 as ClosedRange<UInt64> { dropped += backlog.append(end("a", run, lines: lines)) }
    #expect(backlog.runs.reduce(0) { $0 + $1.bytes } <= 100_000)
    #expect(backlog.runs.count + dropped == 1000)
    #expect(backlog.runs.count > 10)
  }

  @Test func ofTheUptimeTheOldestIsDropped() {
    var backlog = backlog()
    var dropped = 0
    for number in 1...1000 as ClosedRange<Int64> { dropped += backlog.append(.uptime(service: "a", [bucket(.hour, number)])) }
    #expect(backlog.uptime.count <= 100)
    #expect(backlog.uptime.count + dropped == 1000)
    #expect(backlog.uptime.keys.map(\.number).max() == 1000)
    #expect(backlog.uptime.keys.map(\.number).min() == 1001 - Int64(backlog.uptime.count))
  }

  @Test func wishesAndCountersAreNeverDropped() {
    var backlog = backlog(runs: 10, buckets: 10)
    for number in 0..<2000 {
      #expect(backlog.append(wish("s\(number)", isUp: true)) == 0)
      #expect(backlog.append(.counters(service: "s\(number)", [("x", 1)])) == 0)
      _ = backlog.append(start("s\(number)", 1))
      _ = backlog.append(.uptime(service: "s\(number)", [bucket(.hour, 1)]))
    }
    #expect(backlog.intents.count == 2000)
    #expect(backlog.counters.count == 2000)
  }

  @Test func takingLeavesNothingBehind() {
    var backlog = backlog()
    #expect(backlog.isEmpty)
    for record in [
      start("a", 1), wish("a", isUp: true), .counters(service: "a", [("x", 1), ("y", 2)]), .uptime(service: "a", [bucket(.day, 1)]),
      .forget(service: "b"), .forgetIntent(service: "c"),
    ] { #expect(backlog.append(record) == 0) }
    #expect(backlog.count == 7)
    let taken = backlog.take()
    #expect(taken.count == 7)
    #expect(backlog.isEmpty)
    #expect(backlog.count == 0)
  }
}
