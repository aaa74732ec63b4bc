// Output of processes in logs: the process table and the log collector together.

import Glibc
import Linux
import Orchestration
import Processes
import ServiceLogs
import TestSupport
import Testing

/// A collector with a folder for its files.
private final class OutputRig: Sendable {
  let folder: Folder
  let collector: LogCollector
  var path: String { "\(folder.path)/logs/dao.log" }

  init() throws {
    folder = try Folder()
    collector = try LogCollector(directory: "\(folder.path)/pipes")
  }

  deinit { collector.shutdown() }

  func open(
    mode: LogPolicy.Mode = .pipe, maxSize: UInt64 = 1 << 30, maxFiles: Int = 5, timestamps: Bool = false, path: String? = nil,
    name: String? = nil
  ) throws -> ServiceLog {
    try collector.open(
      LogPolicy(path: path ?? self.path, mode: mode, maxSize: maxSize, maxFiles: maxFiles, timestamps: timestamps), name: name)
  }
}

extension ServiceLog {
  /// Releases a run, and waits until its output is read.
  fileprivate func drained(_ run: UInt64) async {
    await withCheckedContinuation { reply in release(run: run) { reply.resume() } }
  }
}

@Suite struct OutputTests {
  @Test("output on both streams is in the file, in memory and in the counters; the file is ours alone")
  func basics() async throws {
    let rig = try OutputRig()
    let processes = try Rig()
    let log = try rig.open()
    #expect(!names(in: "\(rig.folder.path)/logs").contains("dao.log"))
    let key = processes.shell("echo one; echo two >&2; printf 'last words'", output: log.output(run: 3))
    #expect(try await processes.recorder.exit(of: key) == .code(0))
    await log.drained(3)
    #expect(Set(try #require(contents(rig.path)).split(separator: "\n")) == ["one", "two", "last words"])
    #expect(log.tail(10, stream: .stdout).map(\.text) == ["one", "last words"])
    #expect(log.tail(10, stream: .stderr).map(\.text) == ["two"])
    #expect(log.tail(1, stream: .stdout).map(\.text) == ["last words"])
    #expect(log.tail(10).allSatisfy { $0.run == 3 })
    #expect(log.counters.stdout.lines == 2 && log.counters.stdout.bytes == 14)
    #expect(log.counters.stderr.lines == 1 && log.counters.stderr.bytes == 4)
    var status = stat()
    #expect(stat(rig.path, &status) == 0 && status.st_mode & 0o777 == 0o600)
    #expect(stat("\(rig.folder.path)/logs", &status) == 0 && status.st_mode & 0o777 == 0o700)
  }

  @Test("a grandchild that holds the pipe delays nothing, and its output is read")
  func grandchild() async throws {
    let rig = try OutputRig()
    let processes = try Rig()
    let log = try rig.open()
    let gate = "\(rig.folder.path)/gate"
    try #require(mkfifo(gate, 0o600) == 0)
    let key = processes.shell("(read line <\(gate); echo late) & printf early", output: log.output(run: 1))
    #expect(try await processes.recorder.exit(of: key) == .code(0))
    await log.drained(1)
    #expect(log.tail(10).map(\.text) == ["early"])
    let writer = open(gate, O_RDWR | O_CLOEXEC)
    #expect(write(writer, "\n", 1) == 1)
    try await processes.recorder.emptied(key)
    await log.drained(1)
    close(writer)
    #expect(log.tail(10).map(\.text) == ["early", "late"])
  }

  @Test("a flood of one service does not delay another, and all of it arrives")
  func flood() async throws {
    let rig = try OutputRig()
    let processes = try Rig()
    let flooded = try rig.open(maxSize: 1 << 20, maxFiles: 2)
    let quiet = try rig.open(path: "\(rig.folder.path)/logs/quiet.log")
    let key = processes.shell(
      "exec head -c 200000000 /dev/zero", output: flooded.output(run: 1))
    for number in 0..<20 {
      let other = processes.shell("echo \(number)", output: quiet.output(run: UInt64(number)))
      #expect(try await processes.recorder.exit(of: other) == .code(0))
      await quiet.drained(UInt64(number))
    }
    #expect(quiet.counters.stdout.lines == 20)
    #expect(try await processes.recorder.exit(of: key) == .code(0))
    await flooded.drained(1)
    #expect(flooded.counters.stdout.bytes == 200_000_000)
    #expect(flooded.counters.stdout.droppedBytes == 0)
  }

  @Test("a direct service writes into the file itself: bytes are counted by its growth, lines read from its end")
  func direct() async throws {
    let rig = try OutputRig()
    let processes = try Rig()
    let log = try rig.open(mode: .direct, timestamps: true, name: "dao")
    let script = "echo one; echo two >&2; readlink /proc/self/fd/1; readlink /proc/self/fd/2; printf 'last words'"
    let key = processes.shell(script, output: log.output(run: 3))
    #expect(try await processes.recorder.exit(of: key) == .code(0))
    await log.drained(3)
    let text = "one\ntwo\n\(rig.path)\n\(rig.path)\nlast words"
    #expect(contents(rig.path) == text)
    #expect(log.tail(10).map(\.text) == ["one", "two", rig.path, rig.path, "last words"])
    #expect(log.tail(2, stream: .stdout).map(\.text) == [rig.path, "last words"])
    #expect(log.tail(2, stream: .stderr) == [])
    #expect(log.tail(10).allSatisfy { $0.run == 3 })
    #expect(log.counters.stdout.lines == 0 && log.counters.stdout.bytes == UInt64(text.utf8.count))
    #expect(log.counters.stderr == LogCounters.Stream())
    #expect(names(in: "\(rig.folder.path)/pipes") == [])
    var status = stat()
    #expect(stat(rig.path, &status) == 0 && status.st_mode & 0o777 == 0o600)
    // The next run continues in the same file; the history has the last lines of each run.
    let next = processes.shell("echo; echo three", output: log.output(run: 4))
    #expect(try await processes.recorder.exit(of: next) == .code(0))
    await log.drained(4)
    #expect(contents(rig.path) == text + "\nthree\n")
    #expect(log.lastLines(of: 3).map(\.text) == ["one", "two", rig.path, rig.path, "last words"])
    #expect(log.lastLines(of: 4).map(\.text).last == "three")
    #expect(log.lastLines(of: 5) == [])
  }

  @Test(
    "a successor continues to read a run; at most one read of the dead Stoker is lost, and nothing is doubled", .timeLimit(.minutes(10))
  )
  func adoption() async throws {
    let folder = "/tmp/stoker-adoption-\(getpid())"
    try #require(mkdir(folder, 0o700) == 0)
    defer { removeAll(folder) }
    await #expect(processExitsWith: .signal(SIGKILL)) {
      let folder = "/tmp/stoker-adoption-\(getppid())"
      let collector = try LogCollector(directory: "\(folder)/pipes")
      let log = try collector.open(LogPolicy(path: "\(folder)/dao.log", maxSize: 50_000, maxFiles: 1000, timestamps: false), name: "dao")
      let rig = try Rig()
      _ = rig.shell(
        "i=0; while [ $i -lt 60000 ]; do i=$((i+1)); echo line $i; done; echo $$ >\(folder)/pid; exec sleep 1000",
        output: log.output(run: 4))
      try await eventually("20,000 lines") { log.counters.stdout.lines >= 20_000 }
      kill(getpid(), SIGKILL)
    }
    let collector = try LogCollector(directory: "\(folder)/pipes")
    let log = try collector.open(LogPolicy(path: "\(folder)/dao.log", maxSize: 50_000, maxFiles: 1000, timestamps: false), name: "dao")
    let adoption = log.adopt(run: 4)
    collector.removeStale()
    #expect(adoption.stdout == .resumed && adoption.stderr == .resumed && adoption.isResumed)
    #expect(names(in: "\(folder)/pipes") == ["dao.4.err", "dao.4.out"])
    try await eventually("the last line") { log.tail(1).map(\.text) == ["line 60000"] }
    try await eventually("the run's pid") { contents("\(folder)/pid")?.hasSuffix("\n") == true }
    let line = try #require(contents("\(folder)/pid"))
    let pid = try #require(Int32(line.dropLast()))
    kill(pid, SIGKILL)
    try await eventually("the end of the FIFOs") { names(in: "\(folder)/pipes") == [] }
    try await onThread { collector.shutdown(within: .seconds(60)) }
    let text = try #require(try everything(in: folder, of: "dao.log"))
    let numbers = text.split(separator: "\n").compactMap { $0.hasPrefix("line ") ? Int($0.dropFirst(5)) : nil }
    // The rest of a line that was written in part is on a line of its own, and its number looks smaller than
    // it is.
    var last = 0
    let outOfOrder = numbers.filter { number in
      defer { last = max(last, number) }
      return number <= last
    }
    #expect(outOfOrder.count <= 1)
    let size = (1...60_000).reduce(0) { $0 + "line \($1)\n".utf8.count }
    // One newline can be ours: it ends an unfinished line of the dead Stoker.
    #expect(text.utf8.count >= size - adoption.lossBound && text.utf8.count <= size + 1)
  }
}
