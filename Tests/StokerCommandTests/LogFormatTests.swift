// Log lines, byte for byte, and the writer that never blocks its callers.

import Glibc
import Logging
import Stoker
import Testing

@testable import StokerCommand

struct LogFormatTests {
  private let time = Timestamp(nanoseconds: 1_795_395_723_456_000_000)

  private func text(_ bytes: [UInt8]) -> String {
    String(decoding: bytes, as: UTF8.self)
  }

  @Test("a line of text has the time in UTC, the level, the message and its fields; messages line up")
  func plain() {
    #expect(
      text(LogFormat.text.line(.info, "betanet: running, pid 4711", [], at: time))
        == "2026-11-23T01:02:03.456Z info  betanet: running, pid 4711\n")
    #expect(
      text(LogFormat.text.line(.error, "dao: failed", [("run", "4")], at: time)) == "2026-11-23T01:02:03.456Z error dao: failed run=4\n")
  }

  @Test("at a terminal the date is left out")
  func terminal() {
    let line = text(LogFormat.terminal.line(.warning, "dao: degraded", [], at: time))
    #expect(line.hasSuffix(".456 warn  dao: degraded\n"))
    #expect(line.utf8.count == "01:02:03.456 warn  dao: degraded\n".utf8.count)
  }

  @Test("a message with a newline stays one line, so that no service can forge a record")
  func forging() {
    #expect(
      text(LogFormat.text.line(.info, "dao: said\n2026 error", [], at: time)) == "2026-11-23T01:02:03.456Z info  dao: said 2026 error\n")
  }

  @Test("JSON lines carry the same, escaped")
  func json() {
    #expect(
      text(LogFormat.json.line(.warning, "a \"b\"\n", [("run", "4")], at: time))
        == #"{"time":"2026-11-23T01:02:03.456Z","level":"warning","message":"a \"b\"\n","run":"4"}"# + "\n")
  }

  @Test("lines come out whole and in order, and close waits for the last")
  func writing() throws {
    var ends: [Int32] = [-1, -1]
    try #require(pipe(&ends) == 0)
    let writer = try LogWriter(descriptor: ends[1]) { Array("\($0) dropped\n".utf8) }
    for number in 0..<500 { writer.write(Array("line \(number)\n".utf8)) }
    writer.close()
    close(ends[1])
    var bytes = [UInt8](repeating: 0, count: 65_536)
    var text = ""
    while case let count = read(ends[0], &bytes, bytes.count), count > 0 { text += String(decoding: bytes[..<count], as: UTF8.self) }
    close(ends[0])
    #expect(text == (0..<500).map { "line \($0)\n" }.joined())
  }

  @Test("a reader that hangs holds nobody up; what did not fit is counted once somebody reads again")
  func hanging() async throws {
    // In a process of its own: reading blocks a thread, and no other process has the pipe. The alarm ends a test that hangs.
    await #expect(processExitsWith: .success) {
      alarm(240)
      var ends: [Int32] = [-1, -1]
      try #require(pipe(&ends) == 0)
      let writer = try LogWriter(descriptor: ends[1]) { Array("\($0) dropped\n".utf8) }
      let line = [UInt8](repeating: UInt8(ascii: "x"), count: 1023) + [UInt8(ascii: "\n")]
      // More than the queue and the pipe hold: a write that blocks would hang the test.
      for _ in 0..<3000 { writer.write(line) }
      var bytes = [UInt8](repeating: 0, count: 65_536)
      var text = ""
      // The count may be followed by lines that were written while the first ones waited.
      while !text.contains(" dropped\n") {
        let count = read(ends[0], &bytes, bytes.count)
        try #require(count > 0)
        text = text.suffix(32) + String(decoding: bytes[..<count], as: UTF8.self)
      }
      writer.close()
    }
  }
}
