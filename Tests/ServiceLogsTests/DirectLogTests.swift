// Direct logs, which services write themselves.

import Glibc
import Linux
import Orchestration
@testable import ServiceLogs
import Synchronization
import TestSupport
import Testing

@Suite struct DirectLogTests {
  private func inode(_ path: String) -> ino_t? {
    var status = stat()
    return stat(path, &status) == 0 ? status.st_ino : nil
  }

  /// A folder on a file system that cannot take the head out of a file.
  private static let memory = "/dev/shm"
  private static let hasMemory = access(memory, W_OK) == 0

  @Test(
    "growth is noticed without a look at quiet files, and the head of a large file is moved away while the service writes",
    .timeLimit(.minutes(10)))
  func noticed() async throws {
    let rig = try LogRig()
    let log = try rig.open(mode: .direct, maxSize: 20_000, maxFiles: 100)
    let ends = try log.outputEnds(run: 1)
    let descriptor = try #require(ends.descriptors).stdout
    let text = (0..<5000).map { "line \($0)\n" }.joined()
    try writeFully(text, to: descriptor)
    try await eventually("the rotation") { (contents(rig.path)?.utf8.count ?? .max) <= 20_000 }
    try await eventually("the count") { log.counters.stdout.bytes == UInt64(text.utf8.count) }
    let file = inode(rig.path)
    try writeFully("more\n", to: descriptor)
    try await eventually("the count") { log.counters.stdout.bytes == UInt64(text.utf8.count) + 5 }
    #expect(inode(rig.path) == file)
    ends.close()
    try await rig.end()
    #expect(try rig.everything() == text + "more\n")
    for name in names(in: "\(rig.folder.path)/logs") {
      #expect(name.hasSuffix(".gz") == (name != "dao.log" && name != "dao.log.1"), "\(name)")
    }
  }

  /// Writes numbered lines while the head of the file is moved away again and again.
  private func stress(_ rig: LogRig, _ log: ServiceLog, lines: Int) async throws -> String {
    let direct = try #require(log.direct)
    let ends = try log.outputEnds(run: 1)
    let descriptor = try #require(ends.descriptors).stdout
    let isDone = Atomic<Bool>(false)
    let writer = Task {
      try await onThread {
        var part = ""
        for number in 0..<lines {
          part += "line \(number)\n"
          if number % 50 == 49 {
            try writeFully(part, to: descriptor)
            part = ""
            // Not faster than the head is moved away.
            var status = stat()
            while fstat(descriptor, &status) == 0, status.st_blocks * 512 > 40_000 { usleep(100) }
          }
        }
      }
      isDone.store(true, ordering: .releasing)
    }
    while !isDone.load(ordering: .acquiring) {
      direct.shrink {}
      try await Task.sleep(for: .microseconds(100))
    }
    try await writer.value
    var status = stat()
    try await eventually("the last of it") {
      direct.shrink {}
      return fstat(descriptor, &status) == 0 && status.st_blocks * 512 <= 16_384
    }
    ends.close()
    return (0..<lines).map { "line \($0)\n" }.joined()
  }

  @Test(
    "while a service writes, hundreds of heads are moved away, and not a byte is lost, doubled or out of order", .timeLimit(.minutes(10)))
  func underLoad() async throws {
    let rig = try LogRig()
    let log = try rig.open(mode: .direct, maxSize: 8192, maxFiles: 10_000)
    let text = try await stress(rig, log, lines: 100_000)
    try await rig.end()
    #expect(try rig.everything() == text)
    #expect(names(in: "\(rig.folder.path)/logs").count > 100)
    var status = stat()
    #expect(stat(rig.path, &status) == 0 && status.st_size <= 16_384)
  }

  @Test(
    "where the head cannot be taken out of a file its space is freed: the rest reads on from there, also for a successor",
    .enabled(if: hasMemory), .timeLimit(.minutes(10)))
  func holes() async throws {
    let folder = "\(Self.memory)/stoker-direct-\(getpid())"
    defer { removeAll(folder) }
    let rig = try LogRig()
    let path = "\(folder)/dao.log"
    let log = try rig.open(mode: .direct, maxSize: 8192, maxFiles: 10_000, path: path)
    let text = try await stress(rig, log, lines: 50_000)
    var status = stat()
    #expect(stat(path, &status) == 0 && status.st_size == text.utf8.count)
    #expect(log.tail(3).map(\.text) == (49_997..<50_000).map { "line \($0)" })
    try await rig.end()
    func everything() throws -> String {
      // The hole reads as zeros.
      let text = try #require(try TestSupport.everything(in: folder, of: "dao.log"))
      return String(decoding: text.utf8.filter { $0 != 0 }, as: UTF8.self)
    }
    #expect(try everything() == text)
    let next = try LogRig()
    let again = try next.open(mode: .direct, maxSize: 8192, maxFiles: 10_000, path: path)
    let ends = try again.outputEnds(run: 2)
    #expect(again.tail(3).map(\.text) == (49_997..<50_000).map { "line \($0)" })
    try writeFully(text, to: try #require(ends.descriptors).stdout)
    try await eventually("the rotation") {
      again.direct?.shrink {}
      return stat(path, &status) == 0 && status.st_blocks * 512 < 50_000
    }
    try await next.end()
    #expect(try everything() == text + text)
  }

  @Test("pieces that do not fit into all files together are not copied", arguments: [1, 3])
  func tooMuch(_ maxFiles: Int) async throws {
    let rig = try LogRig()
    let log = try rig.open(mode: .direct, maxSize: 8192, maxFiles: maxFiles)
    let ends = try log.outputEnds(run: 1)
    let text = (0..<100_000).map { "line \($0)\n" }.joined()
    try writeFully(text, to: try #require(ends.descriptors).stdout)
    log.direct?.shrink {}
    ends.close()
    try await rig.end()
    let kept = try rig.everything()
    #expect(text.hasSuffix(kept))
    // The last but one can be a part of a file.
    #expect(kept.utf8.count >= max(1, 8192 * (maxFiles - 2)) && kept.utf8.count < 8192 * (maxFiles + 1))
    #expect(names(in: "\(rig.folder.path)/logs") == Array(["dao.log", "dao.log.1", "dao.log.2.gz"].prefix(maxFiles)))
  }

  /// The step at which a rotation was killed.
  enum Killed: CaseIterable {
    case copying, copied, punched, named
  }

  @Test("a rotation that was killed at any point is finished or undone: nothing is lost or doubled", arguments: Killed.allCases)
  func killed(_ when: Killed) async throws {
    let rig = try LogRig()
    let (head, rest) = (String(repeating: "head\n", count: 8192 / 5) + "12", "3\nrest\n")
    try #require(head.utf8.count == 8192)
    try #require(mkdir("\(rig.folder.path)/logs", 0o700) == 0)
    let file = try rig.folder.write("logs/dao.log", head + rest)
    _ = try rig.folder.write("logs/dao.log.1", "before\n")
    switch when {
    case .copying: _ = try rig.folder.write("logs/dao.log.moving.tmp", String(head.prefix(100)))
    case .copied, .punched: _ = try rig.folder.write("logs/dao.log.moving", head)
    case .named:
      #expect(rename("\(file).1", "\(file).2") == 0)
      _ = try rig.folder.write("logs/dao.log.1", head)
    }
    if when == .punched || when == .named {
      try #require(system("fallocate --punch-hole --offset 0 --length 8192 '\(file)'") == 0)
    }
    let log = try rig.open(mode: .direct, maxFiles: 10)
    let ends = try log.outputEnds(run: 1)
    ends.close()
    try await rig.end()
    #expect(try rig.everything() == "before\n" + head + rest)
    #expect(!names(in: "\(rig.folder.path)/logs").contains { $0.contains("moving") })
  }

  @Test("a file that is emptied or moved away is still counted, and the next run has a new one by the name")
  func handled() async throws {
    let rig = try LogRig()
    let log = try rig.open(mode: .direct)
    let ends = try log.outputEnds(run: 1)
    let descriptor = try #require(ends.descriptors).stdout
    try writeFully("one\n", to: descriptor)
    try await eventually("the count") { log.counters.stdout.bytes == 4 }
    #expect(truncate(rig.path, 0) == 0)
    try await eventually("a look") { log.tail(1) == [] }
    try writeFully("two\n", to: descriptor)
    try await eventually("the count") { log.counters.stdout.bytes == 8 }
    #expect(log.tail(5).map(\.text) == ["two"])
    #expect(rename(rig.path, "\(rig.path).moved") == 0)
    try writeFully("three\n", to: descriptor)
    try await eventually("the count") { log.counters.stdout.bytes == 14 }
    ends.close()
    let next = try log.outputEnds(run: 2)
    try writeFully("four\n", to: try #require(next.descriptors).stdout)
    try await eventually("the count") { log.counters.stdout.bytes == 19 }
    #expect(contents(rig.path) == "four\n" && contents("\(rig.path).moved") == "two\nthree\n")
    #expect(log.tail(5).map(\.text) == ["four"])
    next.close()
  }

  @Test("a follower of a direct log gets its last lines and all that follow, also while its head is moved away", .timeLimit(.minutes(10)))
  func following() async throws {
    let rig = try LogRig()
    let log = try rig.open(mode: .direct, maxSize: 20_000, maxFiles: 1000, memoryLines: 100_000)
    let ends = try log.outputEnds(run: 1)
    let descriptor = try #require(ends.descriptors).stdout
    let count = 20_000
    try writeFully((0..<100).map { "line \($0)\n" }.joined(), to: descriptor)
    var after = await log.beginning(ofLast: 10)
    var texts: [String] = []
    let writer = Task {
      for part in 1..<count / 100 {
        try await onThread { try writeFully((part * 100..<part * 100 + 100).map { "line \($0)\n" }.joined(), to: descriptor) }
      }
    }
    while texts.count < count - 90 {
      await log.waitForLines(after: after)
      try Task.checkCancellation()
      let page = log.lines(after: after, limit: 1000)
      try #require(page.skipped == 0)
      texts += page.lines.map(\.text)
      after = page.next
    }
    try await writer.value
    #expect(texts == (90..<count).map { "line \($0)" })
    #expect(log.counters.stdout.lines == 0)
    ends.close()
    #expect(try await { try await eventually("the rotation") { names(in: "\(rig.folder.path)/logs").count > 3 } }() == ())
  }

  @Test("an expectation is met in a direct log too, from the beginning of the run on")
  func expectation() async throws {
    let rig = try LogRig()
    let log = try rig.open(mode: .direct)
    let heard = Mutex(0)
    let first = try log.outputEnds(run: 1)
    try writeFully("ready\n", to: try #require(first.descriptors).stdout)
    first.close()
    let ends = try log.outputEnds(run: 2)
    let descriptor = try #require(ends.descriptors).stdout
    log.expect(pattern: "^ready$", run: 2) { heard.withLock { $0 += 1 } }
    try writeFully("not ready\n", to: descriptor)
    try await eventually("a look") { log.counters.stdout.bytes == 16 }
    #expect(heard.withLock { $0 } == 0)
    try writeFully("ready\nready\n", to: descriptor)
    try await eventually("the word") { heard.withLock { $0 } > 0 }
    await log.drained(2)
    #expect(heard.withLock { $0 } == 1)
    ends.close()
  }

  @Test("an adopted direct run writes on by itself, and its log is read")
  func adoption() async throws {
    let rig = try LogRig()
    try #require(mkdir("\(rig.folder.path)/logs", 0o700) == 0)
    let path = try rig.folder.write("logs/dao.log", "before\n")
    let writer = open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
    let log = try rig.open(mode: .direct)
    #expect(log.adopt(run: 5) == Adoption(stdout: .resumed, stderr: .resumed, lossBound: 0))
    try writeFully("after\n", to: writer)
    close(writer)
    try await eventually("the count") { log.counters.stdout.bytes == 6 }
    #expect(log.lastLines(of: 5).map(\.text) == ["before", "after"])
  }

  @Test("a direct log whose file cannot be opened fails the start, and a device is left alone")
  func odd() async throws {
    let rig = try LogRig()
    let log = try rig.open(mode: .direct)
    #expect(mkdir(rig.path, 0o700) == 0)
    #expect(throws: LogError.file(path: rig.path, .system(path: rig.path, SystemError(errno: EISDIR)))) { try log.outputEnds(run: 1) }
    let device = try rig.open(mode: .direct, path: "/dev/null")
    let ends = try device.outputEnds(run: 1)
    try writeFully("x\n", to: try #require(ends.descriptors).stdout)
    await device.drained(1)
    #expect(device.tail(10) == [] && device.counters.stdout.bytes == 0)
  }
}
