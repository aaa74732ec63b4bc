// Exits for lack of memory, and other kills.

import Glibc
import Linux
import Orchestration
import TestSupport
import Testing

@testable import Processes

@Suite struct OutOfMemoryTests {
  /// Whether the memory of a cgroup can be limited, and the kernel's log be read.
  private static let memory = "/sys/fs/cgroup/memory"
  private static let canTry =
    geteuid() == 0 && access("\(memory)/memory.limit_in_bytes", W_OK) == 0 && access("/dev/kmsg", R_OK) == 0
    && SymbolicLink.target("/proc/self/ns/pid") == "pid:[4026531836]"

  /// A cgroup of version 1 with little memory.
  private final class Allowance: Sendable {
    let path = "\(memory)/stoker-test-\(getpid())-\(UInt64.random(in: 0 ... .max))"

    init() throws {
      try #require(mkdir(path, 0o755) == 0)
      try ControlFile.write("8388608", to: "\(path)/memory.limit_in_bytes")
    }

    deinit { rmdir(path) }
  }

  @Test("a kill by the kernel because memory has run out is not taken for another kill, nor the other way round", .enabled(if: canTry))
  func killed() async throws {
    let allowance = try Allowance()
    let rig = try Rig()
    let hungry = rig.shell("echo $$ >\(allowance.path)/cgroup.procs; exec dd if=/dev/zero of=/dev/null bs=200M count=1")
    #expect(try await rig.recorder.exit(of: hungry) == .outOfMemory)
    try await rig.recorder.emptied(hungry)
    let killed = rig.shell("echo $$ >\(allowance.path)/cgroup.procs; kill -KILL $$")
    #expect(try await rig.recorder.exit(of: killed) == .signal(SIGKILL, coreDumped: false))
    try await rig.recorder.emptied(killed)
  }

  @Test("if a child of the main process is killed for lack of memory, the exit of the main process is its own", .enabled(if: canTry))
  func child() async throws {
    let allowance = try Allowance()
    let rig = try Rig()
    let script =
      "(echo $(exec sh -c 'echo $PPID') >\(allowance.path)/cgroup.procs; exec dd if=/dev/zero of=/dev/null bs=200M count=1); exit 7"
    let key = rig.shell(script)
    #expect(try await rig.recorder.exit(of: key) == .code(7))
    try await rig.recorder.emptied(key)
  }

  @Test("ten processes that run out of memory at the same time are all reported so", .enabled(if: canTry))
  func many() async throws {
    let allowances = try (0..<10).map { _ in try Allowance() }
    let rig = try Rig()
    let keys = allowances.map {
      rig.shell("echo $$ >\($0.path)/cgroup.procs; exec dd if=/dev/zero of=/dev/null bs=200M count=1")
    }
    for key in keys {
      #expect(try await rig.recorder.exit(of: key) == .outOfMemory)
      try await rig.recorder.emptied(key)
    }
  }

  @Test("the count of a cgroup proves a kill since the run began, independent of the kernel's log")
  func counted() throws {
    let folder = try Folder()
    let group = ServiceGroup(path: folder.path).main
    _ = try folder.write("memory.events", "low 0\nhigh 0\nmax 12\noom 3\noom_kill 4\noom_group_kill 1\n")
    #expect(group.oomKills == 4)
    var memory = OutOfMemory()
    let process = ProcessIdentity(pid: 0x3fff_fff0, startTime: 1)
    let answers = [
      memory.ended(process, group: group, before: 3), memory.ended(process, group: group, before: 4),
      memory.ended(process, group: nil, before: nil),
    ]
    #expect(answers == [true, false, false])
  }
}
