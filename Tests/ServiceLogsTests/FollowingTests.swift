// Followers of a log, expectations, and changes of policy.

import Glibc
import Linux
import ServiceLogs
import Synchronization
import TestSupport
import Testing

@Suite struct FollowingTests {
  @Test("lines are numbered; a reader gets the lines after a number, and the count of those that are gone")
  func numbers() async throws {
    let rig = try LogRig()
    let log = try rig.open(memoryLines: 10)
    #expect(log.lines(after: 0, limit: 100) == ([], 0, 0))
    try await log.say((1...5).map { "line \($0)\n" }.joined())
    var page = log.lines(after: 0, limit: 3)
    #expect(page.lines.map(\.text) == ["line 1", "line 2", "line 3"] && page.next == 3 && page.skipped == 0)
    page = log.lines(after: page.next, limit: 100)
    #expect(page.lines.map(\.text) == ["line 4", "line 5"] && page.next == 5 && page.skipped == 0)
    try await log.say((6...30).map { "line \($0)\n" }.joined(), run: 2)
    page = log.lines(after: page.next, limit: 4)
    #expect(page.lines.map(\.text) == (21...24).map { "line \($0)" } && page.next == 24 && page.skipped == 15)
    #expect(page.lines.allSatisfy { $0.run == 2 })
    page = log.lines(after: 29, limit: 4)
    #expect(page.lines.map(\.text) == ["line 30"] && page.next == 30)
    // A number from before a restart of Stoker is larger than all present ones.
    #expect(log.lines(after: 1000, limit: 4) == ([], 30, 0))
    #expect(await log.beginning(ofLast: 3) == 27)
    #expect(await log.beginning(ofLast: 100) == 20)
  }

  @Test("any block of lines of any lengths is kept without a gap")
  func gaps() async throws {
    let rig = try LogRig()
    let log = try rig.open(memoryLines: 500, path: .some(nil))
    var generator = SystemRandomNumberGenerator()
    var number = 0
    for _ in 0..<15 {
      let lines = (0..<Int.random(in: 0...900, using: &generator)).map { _ in
        number += 1
        return "\(number):" + String(repeating: "x", count: Int.random(in: 0...9, using: &generator) == 0 ? 20_000 : 30) + "\n"
      }
      try await log.say(lines.joined())
      let kept = log.tail(1000).compactMap { Int($0.text.prefix { $0 != ":" }) }
      #expect(kept == Array(number - kept.count + 1..<number + 1))
      var page = log.lines(after: 0, limit: 1000)
      #expect(page.skipped == UInt64(number - kept.count))
      var all = page.lines
      while page.next < UInt64(number) {
        // A slice ends with the line that makes it 32 KiB.
        #expect(page.lines.reduce(0) { $0 + $1.text.utf8.count } < (32 + 16) << 10)
        page = log.lines(after: page.next, limit: 1000)
        #expect(page.skipped == 0)
        all += page.lines
      }
      #expect(all == log.tail(1000))
    }
  }

  @Test("a follower gets every line over rotations and runs, without polling")
  func following() async throws {
    let rig = try LogRig()
    let log = try rig.open(maxSize: 2000, maxFiles: 3)
    let count = 3000
    let followers = (0..<3).map { _ in
      Task {
        var (after, texts) = (UInt64(0), [String]())
        while texts.count < count {
          await log.waitForLines(after: after)
          try Task.checkCancellation()
          let page = log.lines(after: after, limit: 100)
          #expect(page.skipped == 0)
          texts += page.lines.map(\.text)
          after = page.next
        }
        return texts
      }
    }
    for run in 0..<30 {
      try await log.say((0..<100).map { "line \(run * 100 + $0)\n" }.joined(), run: UInt64(run))
      // Only the last thousand are kept: no follower may fall behind by more.
      if run % 5 == 4 { try await Task.sleep(for: .zero) }
    }
    for follower in followers { #expect(try await follower.value == (0..<count).map { "line \($0)" }) }
  }

  @Test("a waiting follower is woken by a cancellation and by the end of the collector", .timeLimit(.minutes(10)))
  func cancellation() async throws {
    let rig = try LogRig()
    let log = try rig.open()
    let cancelled = Task { await log.waitForLines(after: 0) }
    cancelled.cancel()
    await cancelled.value
    let waiting = Task { await log.waitForLines(after: 0) }
    await Task.yield()
    rig.collector.shutdown()
    await waiting.value
    await log.waitForLines(after: 0)
  }

  @Test("an expectation is met once, on either stream, over several reads, by its own run alone")
  func expectation() async throws {
    let rig = try LogRig()
    let log = try rig.open()
    let heard = Mutex<[String]>([])
    @Sendable func hear(_ expectation: String) { heard.withLock { $0.append(expectation) } }
    log.expect(pattern: "^listening on [0-9]+$", run: 1) { hear("first") }
    log.expect(pattern: "listening", run: 2) { hear("second") }
    #expect(!log.expect(pattern: "(", run: 1) { hear("never") })
    let ends = try log.outputEnds(run: 1)
    let descriptors = try #require(ends.descriptors)
    try writeFully("not listening on 80\nliste", to: descriptors.stderr)
    try await eventually("the first part") { log.counters.stderr.bytes == 25 }
    #expect(heard.withLock { $0 } == [])
    try writeFully("listening on nothing\n", to: descriptors.stdout)
    try await eventually("the other stream") { log.counters.stdout.bytes == 21 }
    try writeFully("ning on 8080\nlistening on 9090\n", to: descriptors.stderr)
    try await eventually("the word") { !heard.withLock { $0.isEmpty } }
    #expect(heard.withLock { $0 } == ["first"])
    ends.close()
    await log.drained(1)
    // An expectation that was not met ends with its run.
    log.expect(pattern: "late", run: 3) { hear("late") }
    await log.drained(3)
    try await log.say("late\n", run: 3)
    try await log.say("listening\n", run: 2)
    #expect(heard.withLock { $0 } == ["first", "second"])
  }

  @Test("the history gets a run's last lines, up to the number and 4 KiB")
  func lastLines() async throws {
    let rig = try LogRig()
    let log = try rig.open()
    try await log.say((1...30).map { "one \($0)\n" }.joined(), run: 1)
    try await log.say((1...30).map { "two \($0)\n" }.joined(), run: 2, errors: "last words\n")
    #expect(log.lastLines(of: 1).map(\.text) == (11...30).map { "one \($0)" })
    #expect(log.lastLines(of: 2, count: 3).map(\.text) == ["two 29", "two 30", "last words"])
    #expect(log.lastLines(of: 3) == [])
    try await log.say((1...5).map { "\($0)" + String(repeating: "x", count: 999) + "\n" }.joined(), run: 3)
    #expect(log.lastLines(of: 3).map { $0.text.prefix(1) } == ["2", "3", "4", "5"])
    try await log.say(String(repeating: "ä", count: 6000) + "\n", run: 4)
    #expect(log.lastLines(of: 4).map(\.text) == [String(repeating: "ä", count: 2048)])
  }

  @Test("another policy applies from the next write on: times, sizes, numbers of files and of lines")
  func policy() async throws {
    let rig = try LogRig()
    let log = try rig.open(maxSize: 100, maxFiles: 6, memoryLines: 50)
    try await log.say((1...100).map { "line \($0)\n" }.joined())
    try await eventually("the packing") { names(in: "\(rig.folder.path)/logs").filter { $0.hasSuffix(".gz") }.count == 4 }
    #expect(log.tail(100).count == 50)
    log.apply(LogPolicy(path: rig.path, maxSize: 1 << 20, maxFiles: 3, timestamps: true, memoryLines: 5))
    #expect(log.tail(100).map(\.text) == (96...100).map { "line \($0)" })
    try await eventually("the removal of the oldest") {
      names(in: "\(rig.folder.path)/logs") == ["dao.log", "dao.log.1", "dao.log.2.gz"]
    }
    try await log.say("stamped\n" + String(repeating: "x", count: 1000) + "\n")
    let lines = try #require(contents(rig.path)).split(separator: "\n")
    #expect(lines.suffix(2).first?.wholeMatch(of: #/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z stamped/#) != nil)
    log.apply(LogPolicy(path: rig.path, timestamps: false, memoryLines: 1000))
    try await log.say("plain\n")
    #expect(contents(rig.path)?.hasSuffix("\nplain\n") == true)
    #expect(log.tail(100).count == 6)
  }
}
