// Log lines of one cause that repeats itself.

import Glibc
import Logging
import Stoker
import Testing

@testable import StokerCommand

struct RepeatedLinesTests {
  private let start = SuspendingClock.now

  private func record(_ number: Int) -> LogRecord {
    LogRecord(time: .now, level: .warning, message: "dao: restarts, run \(number)")
  }

  private func other(_ message: String) -> LogRecord { LogRecord(time: .now, level: .info, message: message) }

  @Test("of one cause 20 lines pass in 10 s; the last of the others follows with their number, also if nothing else is logged")
  func flood() {
    var lines = RepeatedLines()
    var passed: [Int] = []
    for number in 1...1225 where !lines.take(record(number), of: "backoff/dao", at: start + .milliseconds(number)).isEmpty {
      passed.append(number)
    }
    #expect(passed == Array(1...20))
    #expect(lines.deadline == start + .milliseconds(10_001))
    let early = lines.due(at: start + .seconds(10))
    #expect(early.isEmpty)
    let due = lines.due(at: start + .milliseconds(10_001))
    #expect(due.map(\.message) == ["dao: restarts, run 1225 (and 1,204 more like it in 10 s)"])
    #expect(due.map(\.level) == [.warning])
    #expect(lines.deadline == nil)
    let passes = lines.take(record(1226), of: "backoff/dao", at: start + .seconds(11))
    #expect(passes.count == 1)
  }

  @Test("causes do not count for one another, and the 21st line alone comes as it is")
  func causes() {
    var lines = RepeatedLines()
    for number in 1...21 { _ = lines.take(record(number), of: "backoff/dao", at: start) }
    let passes = lines.take(record(1), of: "backoff/edge", at: start)
    #expect(passes.count == 1)
    let kept = lines.end(at: start + .seconds(1))
    #expect(kept.map(\.message) == ["dao: restarts, run 21"])
  }

  @Test("the lines about one subject keep their order: what was kept comes before the next one, and before one about Stoker as a whole")
  func order() {
    var lines = RepeatedLines()
    for number in 1...30 {
      for kind in ["starting", "running", "ended"] { _ = lines.take(other("dao: \(kind) \(number)"), of: "\(kind)/dao", at: start) }
      _ = lines.take(other("edge: running \(number)"), of: "running/edge", at: start)
    }
    let rest = " (and 9 more like it in 1 s)"
    let failed = lines.take(other("dao: failed"), of: "failed/dao", at: start + .seconds(1))
    #expect(failed.map(\.message) == ["starting", "running", "ended"].map { "dao: \($0) 30\(rest)" } + ["dao: failed"])
    let again = lines.take(other("dao: failed"), of: "failed/dao", at: start + .seconds(1))
    #expect(again.count == 1)
    let kept = lines.take(other("dao: starting 31"), of: "starting/dao", at: start + .seconds(1))
    #expect(kept.isEmpty)
    let stopped = lines.take(other("all stopped"), of: nil, at: start + .seconds(2))
    #expect(stopped.map(\.message) == ["edge: running 30 (and 9 more like it in 2 s)", "dao: starting 31", "all stopped"])
    let nothing = lines.end(at: start + .seconds(3))
    #expect(nothing.isEmpty)
  }

  @Test("lines that come rarely are all written")
  func rare() {
    var lines = RepeatedLines()
    for number in 0..<1000 {
      let now = start + .milliseconds(number * 500)
      let written = lines.take(record(number), of: "backoff/dao", at: now)
      #expect(written.count == 1)
    }
  }

  @Test("more causes than fit are written, not kept")
  func bound() {
    var lines = RepeatedLines()
    var passed = 0
    for number in 0..<5000 where !lines.take(record(number), of: "backoff/\(number)", at: start).isEmpty { passed += 1 }
    for _ in 0..<100 where !lines.take(record(1), of: "backoff/4999", at: start).isEmpty { passed += 1 }
    #expect(passed == 5100)
    for _ in 0..<100 { _ = lines.take(record(1), of: "backoff/0", at: start) }
    let kept = lines.end(at: start)
    #expect(kept.count == 1)
  }

  @Test("the log writes the sums at its end, in its format, without the cause; lines without a cause are all written")
  func log() throws {
    var ends: [Int32] = [-1, -1]
    try #require(pipe(&ends) == 0)
    let writer = try LogWriter(descriptor: ends[1]) { Array("\($0) dropped\n".utf8) }
    let lines = LogLines(.json, writer: writer)
    let logger = Logger(label: "test") { _ in LineLogHandler(lines, level: SharedLevel(.info)) }
    for number in 1...50 { logger.info("a: run \(number)", metadata: LogCause.metadata("running", "a")) }
    for number in 1...50 { logger.info("plain \(number)") }
    lines.close()
    close(ends[1])
    var bytes = [UInt8](repeating: 0, count: 65_536)
    var text = ""
    while case let count = read(ends[0], &bytes, bytes.count), count > 0 { text += String(decoding: bytes[..<count], as: UTF8.self) }
    close(ends[0])
    let written = text.split(separator: "\n")
    #expect(written.count == 71)
    #expect(written[20].hasSuffix(#""level":"info","message":"a: run 50 (and 29 more like it in 1 s)"}"#) == true)
    #expect(written[70].contains("plain 50"))
  }
}
