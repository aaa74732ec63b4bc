// The pipes of runs: FIFOs that outlive Stoker, and their adoption by a successor.

import Glibc
import Linux
import ServiceLogs
import TestSupport
import Testing

@Suite struct PipeTests {
  private func kind(_ path: String) -> mode_t? {
    var status = stat()
    return lstat(path, &status) == 0 ? status.st_mode : nil
  }

  @Test("a run's outputs are FIFOs by its name, for our user alone, until no process has them")
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

  @Test("a writer's end is open for reading too, so that the writer outlives Stoker", arguments: [nil, "pipes"])
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

  @Test("a FIFO that cannot be created is reported, and replaced by a pipe without a name")
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

  @Test("adoption reports missing FIFOs, and FIFOs that no process has open")
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
    // A regular file by that name is not adopted.
    _ = try rig.folder.write("pipes/dao.8.out", "")
    #expect(log.adopt(run: 8).stdout == .missing)
    #expect(try rig.open().adopt(run: 7).stdout == .missing)
  }

  @Test("FIFOs of runs that were not adopted are removed, and nothing else")
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

  @Test("the FIFOs of a predecessor are read on in its own folders, and those folders go with them")
  func former() async throws {
    let rig = try LogRig(pipes: "pipes", former: ["one", "two", "none"])
    let folders = ["one", "two"].map { "\(rig.folder.path)/\($0)" }
    for folder in folders { #expect(mkdir(folder, 0o700) == 0) }
    let (path, stale) = ("\(folders[1])/dao.7.out", "\(folders[0])/dao.1.out")
    for path in [path, stale] { #expect(mkfifo(path, 0o600) == 0) }
    let writer = open(path, O_RDWR | O_CLOEXEC)
    defer { close(writer) }
    let second = try LogRig(folder: rig.folder, pipes: "pipes", former: ["one", "two", "none"])
    let log = try second.open(name: "dao")
    #expect(log.adopt(run: 7).stdout == .resumed)
    second.collector.removeStale()
    #expect(names(in: rig.folder.path).filter { ["one", "two"].contains($0) } == ["two"])
    try writeFully("here\n", to: writer)
    try await eventually("the line") { contents(second.path) == "here\n" }
  }

  @Test("a folder of another user, or that others may write, is no folder for FIFOs")
  func foreign() async throws {
    let folder = try Folder()
    for name in ["open", "foreign"] { #expect(mkdir("\(folder.path)/\(name)", 0o700) == 0) }
    chmod("\(folder.path)/open", 0o777)
    if geteuid() == 0 { chown("\(folder.path)/foreign", 65534, 65534) }
    symlink("\(folder.path)/elsewhere", "\(folder.path)/link")
    for name in geteuid() == 0 ? ["open", "foreign"] : ["open"] {
      let path = "\(folder.path)/\(name)/dao.1.out"
      #expect(mkfifo(path, 0o666) == 0)
      let reader = open(path, O_RDWR | O_CLOEXEC)
      defer { close(reader) }
      let rig = try LogRig(folder: folder, pipes: name, former: [name])
      let log = try rig.open(name: "dao")
      #expect(log.adopt(run: 1).stdout == .missing)
      try await log.say("one\n")
      #expect(rig.troubles == [.unnamed(path: path, SystemError(errno: EPERM))])
      rig.collector.removeStale()
      #expect(names(in: "\(folder.path)/\(name)") == ["dao.1.out"])
    }
  }

  @Test("a folder that is removed is made again")
  func removed() async throws {
    let rig = try LogRig(pipes: "pipes")
    let log = try rig.open(name: "dao")
    removeAll("\(rig.folder.path)/pipes")
    let ends = try log.outputEnds(run: 1)
    #expect(names(in: "\(rig.folder.path)/pipes") == ["dao.1.err", "dao.1.out"])
    #expect(rig.troubles == [])
    ends.close()
  }

  @Test("a full pipe is enlarged")
  func growth() async throws {
    let rig = try LogRig(pipes: "pipes")
    let log = try rig.open(name: "dao")
    let ends = try log.outputEnds(run: 1)
    let descriptor = try #require(ends.descriptors).stdout
    // F_GETPIPE_SZ
    let before = fcntl(descriptor, 1032)
    try await onThread { try writeFully(String(repeating: "0123456789abcdef\n", count: 500_000), to: descriptor) }
    try await eventually("all of it") { log.counters.stdout.bytes == 17 * 500_000 }
    // An unprivileged user may have used up the memory for pipes.
    #expect(fcntl(descriptor, 1032) == 1 << 20 || geteuid() != 0 && fcntl(descriptor, 1032) == before)
    ends.close()
  }
}
