// The pipes of runs: FIFOs that outlive us, and how a successor goes on reading them.

import Glibc
import Linux
import Processes
import ServiceLogs
import Testing

@Suite struct LogPipeTests {
  private func kind(_ path: String) -> mode_t? {
    var status = stat()
    return lstat(path, &status) == 0 ? status.st_mode : nil
  }

  @Test("a run's outputs are FIFOs by its name, ours alone, until nobody has them any more")
  func fifos() async throws {
    let rig = try LogRig(pipes: "state/pipes")
    let log = try rig.open(name: "dao")
    let pipes = "\(rig.folder.path)/state/pipes"
    let ends = try log.outputEnds(run: 17)
    #expect(names(in: pipes) == ["dao.17.err", "dao.17.out"])
    for name in names(in: pipes) { #expect(kind("\(pipes)/\(name)") == S_IFIFO | 0o600) }
    #expect(kind(pipes) == S_IFDIR | 0o700)
    let descriptors = try #require(ends.descriptors)
    try writeFully("one\n", to: descriptors.stdout)
    let copy = dup(descriptors.stdout)
    ends.close()
    try await eventually("the end of standard error") { names(in: pipes) == ["dao.17.out"] }
    await log.drained(17)
    #expect(names(in: pipes) == ["dao.17.out"])
    try writeFully("two\n", to: copy)
    close(copy)
    try await eventually("the end of standard output") { names(in: pipes) == [] }
    #expect(contents(rig.path) == "one\ntwo\n")
  }

  @Test("a writer's end is open for reading too, so that nobody is killed when we are", arguments: [nil, "pipes"])
  func bothWays(_ pipes: String?) throws {
    let rig = try LogRig(pipes: pipes)
    let ends = try rig.open(name: "dao").outputEnds(run: 1)
    let descriptors = try #require(ends.descriptors)
    for end in [descriptors.stdout, descriptors.stderr] {
      #expect(fcntl(end, F_GETFL) & O_ACCMODE == O_RDWR)
      #expect(fcntl(end, F_GETFL) & O_NONBLOCK == 0)
      #expect(fcntl(end, F_GETFD) & FD_CLOEXEC != 0)
    }
    rig.collector.shutdown()
    #expect(write(descriptors.stdout, "x", 1) == 1)
  }

  @Test("where no FIFO can be made it is said, and a pipe without a name does")
  func unnamed() async throws {
    let folder = try Folder()
    _ = try folder.write("file", "")
    let rig = try LogRig(folder: folder, pipes: "file/pipes")
    let log = try rig.open(name: "dao")
    try await log.say("one\n")
    #expect(contents(rig.path) == "one\n")
    try await log.say("two\n", run: 2)
    #expect(rig.troubles == [.unnamed(path: "\(folder.path)/file/pipes/dao.1.out", SystemError(errno: ENOTDIR))])
  }

  @Test(
    "a run is read on by a successor; of what its Stoker had read at most one read is lost, and nothing is doubled", .timeLimit(.minutes(5))
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
    let rig = try LogRig(pipes: nil)
    let collector = try LogCollector(directory: "\(folder)/pipes")
    let log = try collector.open(LogPolicy(path: "\(folder)/dao.log", maxSize: 50_000, maxFiles: 1000, timestamps: false), name: "dao")
    let adoption = log.adopt(run: 4)
    collector.removeStale()
    #expect(adoption.stdout == .resumed && adoption.stderr == .resumed && adoption.isResumed)
    #expect(names(in: "\(folder)/pipes") == ["dao.4.err", "dao.4.out"])
    try await eventually("the last line") { log.tail(1).map(\.text) == ["line 60000"] }
    try await eventually("the run's own word") { contents("\(folder)/pid")?.hasSuffix("\n") == true }
    let said = try #require(contents("\(folder)/pid"))
    let pid = try #require(Int32(said.dropLast()))
    kill(pid, SIGKILL)
    try await eventually("the end of the FIFOs") { names(in: "\(folder)/pipes") == [] }
    try await onThread { collector.shutdown(within: .seconds(60)) }
    let text = try rig.everything(in: folder, of: "dao.log")
    let numbers = text.split(separator: "\n").compactMap { $0.hasPrefix("line ") ? Int($0.dropFirst(5)) : nil }
    // Of a line that was written in part the rest is on a line of its own, and its number looks smaller than it is.
    var last = 0
    let outOfOrder = numbers.filter { number in
      defer { last = max(last, number) }
      return number <= last
    }
    #expect(outOfOrder.count <= 1)
    let size = (1...60_000).reduce(0) { $0 + "line \($1)\n".utf8.count }
    // One newline can be ours: between what the dead one wrote last, if that was no whole line, and what we read first.
    #expect(text.utf8.count >= size - adoption.lossBound && text.utf8.count <= size + 1)
  }

  @Test("adoption says what is not there, and what nobody has open any more")
  func missing() async throws {
    let rig = try LogRig(pipes: "pipes")
    let log = try rig.open(name: "dao")
    #expect(log.adopt(run: 1) == Adoption(stdout: .missing, stderr: .missing, lossBound: log.adopt(run: 1).lossBound))
    let path = "\(rig.folder.path)/pipes/dao.7.out"
    let other = "\(rig.folder.path)/pipes/dao.7.err"
    #expect(mkfifo(path, 0o600) == 0 && mkfifo(other, 0o600) == 0)
    let writer = open(path, O_RDWR | O_CLOEXEC)
    try writeFully("before\n", to: writer)
    let adoption = log.adopt(run: 7)
    #expect(adoption.stdout == .resumed && adoption.stderr == .ended && !adoption.isResumed)
    #expect(adoption.lossBound > 0 && adoption.lossBound <= 1 << 20)
    try writeFully("after\n", to: writer)
    close(writer)
    try await eventually("the end of the FIFOs") { names(in: "\(rig.folder.path)/pipes") == [] }
    #expect(contents(rig.path) == "before\nafter\n")
    // A file by that name is none of ours.
    _ = try rig.folder.write("pipes/dao.8.out", "")
    #expect(log.adopt(run: 8).stdout == .missing)
    #expect(try rig.open().adopt(run: 7).stdout == .missing)
  }

  @Test("FIFOs of runs that nobody adopted are removed, and nothing else")
  func stale() throws {
    let rig = try LogRig(pipes: "pipes")
    let pipes = "\(rig.folder.path)/pipes"
    let log = try rig.open(name: "dao")
    let ends = try log.outputEnds(run: 2)
    for name in ["dao.1.out", "gone.9.err", "other"] { #expect(mkfifo("\(pipes)/\(name)", 0o600) == 0) }
    _ = try rig.folder.write("pipes/file.1.out", "")
    #expect(mkfifo("\(pipes)/dao.3.out", 0o600) == 0)
    let writer = open("\(pipes)/dao.3.out", O_RDWR | O_CLOEXEC)
    #expect(log.adopt(run: 3).stdout == .resumed)
    rig.collector.removeStale()
    #expect(names(in: pipes) == ["dao.2.err", "dao.2.out", "dao.3.out", "file.1.out", "other"])
    close(writer)
    ends.close()
  }

  @Test("a pipe that is found full is made larger")
  func growth() async throws {
    let rig = try LogRig(pipes: "pipes")
    let log = try rig.open(name: "dao")
    let ends = try log.outputEnds(run: 1)
    let descriptor = try #require(ends.descriptors).stdout
    // F_GETPIPE_SZ
    let before = fcntl(descriptor, 1032)
    try await onThread { try writeFully(String(repeating: "0123456789abcdef\n", count: 500_000), to: descriptor) }
    try await eventually("all of it") { log.counters.stdout.bytes == 17 * 500_000 }
    // An unprivileged user may have used up what there is.
    #expect(fcntl(descriptor, 1032) == 1 << 20 || geteuid() != 0 && fcntl(descriptor, 1032) == before)
    ends.close()
  }
}
