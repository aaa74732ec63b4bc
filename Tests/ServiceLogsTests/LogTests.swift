// Output of services: files, memory, counters.

import Glibc
import Linux
import Orchestration
import ServiceLogs
import TestSupport
import Testing

@Suite struct LogTests {
  @Test("each line of the file begins with its time if configured, a line that came in parts once")
  func timestamps() async throws {
    let rig = try LogRig()
    let log = try rig.open(timestamps: true)
    let ends = try log.outputEnds(run: 1)
    let descriptors = try #require(ends.descriptors)
    let parts = ["a\nb", "c", "\n\nd"]
    for part in parts {
      #expect(write(descriptors.stdout, part, part.utf8.count) == part.utf8.count)
      // Partial lines are written at once.
      let sum = parts.prefix { $0 != part }.reduce(part.utf8.count) { $0 + $1.utf8.count }
      try await eventually("\(sum) bytes") { log.counters.stdout.bytes >= sum }
    }
    ends.close()
    await log.drained(1)
    let lines = try #require(contents(rig.path)).split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.map { String($0.dropFirst(25)) } == ["a", "bc", "", "d"])
    for line in lines {
      #expect(line.prefix(25).wholeMatch(of: #/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z /#) != nil)
    }
    #expect(log.counters.stdout.lines == 4)
    let now = try #require(log.tail(1).first).time / 1_000_000_000
    #expect(abs(now - Int64(time(nil))) < 60)
    let year = gmtimeYear(now)
    #expect(lines.allSatisfy { $0.hasPrefix("\(year)-") })
  }

  private func gmtimeYear(_ seconds: Int64) -> Int {
    var time = time_t(seconds)
    var parts = tm()
    gmtime_r(&time, &parts)
    return Int(parts.tm_year) + 1900
  }

  @Test("an unfinished line is ended before another stream's line, so that two never run together")
  func interleaving() async throws {
    let rig = try LogRig()
    let log = try rig.open()
    try await log.say("half", run: 1, errors: "whole\n")
    try await log.say("next\n", run: 2)
    try await log.say("end", run: 3)
    #expect(contents(rig.path) == "half\nwhole\nnext\nend")
    #expect(log.tail(10).map(\.text) == ["half", "whole", "next", "end"])
  }

  @Test("invalid UTF-8 and NULs arrive in the file untouched and are repaired in memory")
  func oddBytes() async throws {
    let rig = try LogRig()
    let log = try rig.open()
    let bytes: [UInt8] = [0x61, 0xff, 0x00, 0x62, 0x0a]
    try await log.say(bytes)
    let file = try #require(fopen(rig.path, "re"))
    defer { fclose(file) }
    var read = [UInt8](repeating: 0, count: 16)
    #expect(fread(&read, 1, 16, file) == 5)
    #expect(Array(read.prefix(5)) == bytes)
    #expect(log.tail(1).map(\.text) == ["a\u{FFFD}\u{FFFD}b"])
  }

  @Test("memory keeps the newest lines: as many as asked for, 256 KiB in all, 16 KiB of each")
  func bounds() async throws {
    let rig = try LogRig()
    let few = try rig.open(memoryLines: 3, path: .some(nil))
    try await few.say((1...10).map { "\($0)\n" }.joined())
    #expect(few.tail(100).map(\.text) == ["8", "9", "10"])
    #expect(few.counters.stdout.lines == 10)

    let long = try rig.open(memoryLines: 1000, path: .some(nil))
    for number in 1...40 { try await long.say("\(number):" + String(repeating: "x", count: 100_000) + "\n") }
    let lines = long.tail(1000)
    #expect(lines.count == 15)
    #expect(lines.allSatisfy { $0.text.utf8.count == 16 * 1024 })
    #expect(lines.last?.text.hasPrefix("40:") == true)

    // Many sizes, so that lines lie across the end of the memory.
    let wrapped = try rig.open(memoryLines: 100_000, path: .some(nil))
    let texts = (0..<20_000).map { "\($0)" + String(repeating: "y", count: $0 * 7 % 97) }
    try await wrapped.say(texts.map { "\($0)\n" }.joined())
    let kept = wrapped.tail(100_000).map(\.text)
    #expect(kept == Array(texts.suffix(kept.count)))
    let size = kept.reduce(0) { $0 + $1.utf8.count + 1 }
    #expect(size <= 256 * 1024 && size > 255 * 1024)

    let none = try rig.open(memoryLines: 0, path: .some(nil))
    try await none.say("x\n")
    #expect(none.tail(10) == [])
    #expect(none.counters.stdout.lines == 1)
  }

  @Test("100 MB without a newline are bounded in memory and one line")
  func endlessLine() async throws {
    let rig = try LogRig()
    let log = try rig.open(maxSize: 1 << 20, maxFiles: 2)
    try await log.say([UInt8](repeating: UInt8(ascii: "z"), count: 100 << 20))
    #expect(log.counters.stdout.lines == 1)
    #expect(log.counters.stdout.bytes == 100 << 20)
    #expect(log.tail(10).map { $0.text.utf8.count } == [16 * 1024])
    var status = stat()
    #expect(stat(rig.path, &status) == 0 && status.st_size <= 1 << 20)
    #expect(stat("\(rig.path).1", &status) == 0 && status.st_size == 1 << 20)
  }

  @Test("a log that is removed or moved away is created again, with its folder")
  func removed() async throws {
    let rig = try LogRig()
    let log = try rig.open()
    try await log.say("one\n")
    #expect(rename(rig.path, "\(rig.path).moved") == 0)
    try await log.say("two\n")
    #expect(contents(rig.path) == "two\n")
    #expect(contents("\(rig.path).moved") == "one\n")
    removeAll("\(rig.folder.path)/logs")
    try await log.say("three\n")
    #expect(contents(rig.path) == "three\n")
    #expect(truncate(rig.path, 0) == 0)
    try await log.say("four\n")
    #expect(contents(rig.path) == "four\n")
  }

  @Test("a predecessor's half line is ended before ours")
  func halfLine() async throws {
    let rig = try LogRig()
    let path = try rig.folder.write("old.log", "half")
    let log = try rig.open(path: path)
    try await log.say("whole\n")
    #expect(contents(path) == "half\nwhole\n")
  }

  @Test("a log whose folder cannot be made is refused")
  func folder() throws {
    let rig = try LogRig()
    let file = try rig.folder.write("file", "")
    #expect(throws: LogError.directory(path: "\(file)/logs", .system(path: file, SystemError(errno: ENOTDIR)))) {
      try rig.open(path: "\(file)/logs/dao.log")
    }
  }

  @Test("output that is in the pipes at the end of the collector is still written")
  func shutdown() async throws {
    let rig = try LogRig()
    let log = try rig.open()
    let ends = try log.outputEnds(run: 1)
    let descriptors = try #require(ends.descriptors)
    #expect(write(descriptors.stdout, "last", 4) == 4)
    try await rig.end()
    #expect(contents(rig.path) == "last")
    #expect(log.counters.stdout.lines == 1)
    #expect(throws: LogError.closed) { try log.outputEnds(run: 2) }
    #expect(throws: LogError.closed) { try rig.open() }
  }
}
