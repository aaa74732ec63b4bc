// Several logs in one file, and one log in two.

import Glibc
import Linux
import Synchronization
import TestSupport
import Testing

@testable import ServiceLogs

@Suite struct SharedFileTests {
  @Test("services that write at once share a file that is rotated for all, and every line is whole, once and in its order")
  func together() async throws {
    let rig = try LogRig()
    let names = ["a", "bb", "c"]
    let logs = try names.map { try rig.open(maxSize: 20_000, maxFiles: 1000, label: "\($0) | ", isShared: true) }
    let text = (0..<5_000).map { "line \($0)\n" }.joined()
    let writers = try logs.map { log in
      let ends = try log.outputEnds(run: 1)
      let descriptor = try #require(ends.descriptors).stdout
      return Task {
        try await onThread { try writeFully(text, to: descriptor) }
        ends.close()
      }
    }
    for writer in writers { try await writer.value }
    for log in logs { await log.drained(1) }
    try await rig.end()
    let lines = try rig.everything().split(separator: "\n")
    #expect(lines.count == names.count * 5_000)
    for name in names { #expect(lines.filter { $0.hasPrefix("\(name) | ") } == (0..<5_000).map { "\(name) | line \($0)" }) }
    #expect(rig.troubles == [] && contents("\(rig.path).2.gz") != nil)
    #expect(logs.allSatisfy { $0.counters.stdout == counted(lines: 5_000, bytes: UInt64(text.utf8.count)) })
  }

  @Test("an unfinished line waits for its end, which comes at the latest with the end of its writer")
  func unfinished() async throws {
    let rig = try LogRig()
    let (one, two) = (try rig.open(label: "one | ", isShared: true), try rig.open(label: "two | ", isShared: true))
    let ends = try one.outputEnds(run: 1)
    let descriptor = try #require(ends.descriptors).stdout
    try writeFully("ha", to: descriptor)
    try await eventually("it to be read") { one.counters.stdout.bytes == 2 }
    try await two.say("whole\n")
    #expect(contents(rig.path) == "two | whole\n")
    try writeFully("lf\nrest", to: descriptor)
    ends.close()
    await one.drained(1)
    try await eventually("the rest") { contents(rig.path) == "two | whole\none | half\none | rest\n" }
  }

  @Test("the file stays with the logs that are left, and the name goes with the last but one")
  func alone() async throws {
    let rig = try LogRig()
    let one = try rig.open(label: "one | ", isShared: true)
    do {
      let two = try rig.open(label: "two | ", isShared: true)
      try await two.say("its end is missing")
      two.close()
    }
    var policy = LogPolicy(path: rig.path, timestamps: false)
    policy.isShared = true
    one.apply(policy)
    try await one.say("goes ")
    try await one.say("on\n")
    #expect(contents(rig.path) == "two | its end is missing\ngoes on\n")
  }

  @Test("what does not fit on the disk is counted for the log that wrote it", .enabled(if: access("/dev/full", F_OK) == 0))
  func full() async throws {
    let rig = try LogRig()
    let logs = try ["a | ", "b | "].map { try rig.open(path: "/dev/full", label: $0, isShared: true) }
    try await logs[0].say("one\nha")
    try await logs[1].say("three\n")
    await logs[0].drained(1)
    try await eventually("the losses") {
      logs[0].counters.stdout.droppedBytes == 6 && logs[1].counters.stdout.droppedBytes == 6
    }
    #expect(rig.troubles.count == 2)
  }

  @Test("each output has its own file, and both are in memory; a successor reads both on")
  func errors() async throws {
    let rig = try LogRig(pipes: "pipes")
    let path = "\(rig.folder.path)/logs/dao.err"
    let log = try rig.open(name: "dao", errorFile: .file(path))
    try await log.say("out\n", errors: "error\n")
    #expect(contents(rig.path) == "out\n" && contents(path) == "error\n")
    #expect(Set(log.tail(10).map(\.text)) == ["out", "error"] && log.tail(10, stream: .stderr).map(\.text) == ["error"])
    let fifos = ["out", "err"].map { "\(rig.folder.path)/pipes/dao.7.\($0)" }
    let writers = fifos.map { mkfifo($0, 0o600) == 0 ? open($0, O_RDWR | O_CLOEXEC) : -1 }
    defer { for writer in writers { close(writer) } }
    #expect(log.adopt(run: 7).isResumed)
    try writeFully("more\n", to: writers[0])
    try writeFully("worse\n", to: writers[1])
    try await eventually("both files") { contents(rig.path) == "out\nmore\n" && contents(path) == "error\nworse\n" }
  }

  @Test("a standard error without a file is in memory alone")
  func unwritten() async throws {
    let rig = try LogRig()
    let log = try rig.open(errorFile: LogPolicy.ErrorFile.none)
    try await log.say("out\n", errors: "error\n")
    #expect(contents(rig.path) == "out\n" && log.tail(10, stream: .stderr).map(\.text) == ["error"])
    #expect(log.counters.stderr == counted(lines: 1, bytes: 6))
  }

  @Test("a terminal passes bytes on as they are, and its end is the end of the output")
  func terminal() async throws {
    let rig = try LogRig()
    let log = try rig.open(streams: .terminal)
    let ends = try log.outputEnds(run: 1)
    let (out, errors) = try #require(ends.descriptors)
    #expect(isatty(out) == 1 && out == errors)
    try writeFully("a\n\u{1}\tb\u{4}\nrest", to: out)
    ends.close()
    await log.drained(1)
    try await eventually("the end") { log.tail(10).map(\.text) == ["a", "\u{1}\tb\u{4}", "rest"] }
    #expect(contents(rig.path) == "a\n\u{1}\tb\u{4}\nrest")
    try await eventually("the terminal to be closed") { log.core.pipes.withLock { $0.next { _ in true } } == nil }
  }
}
