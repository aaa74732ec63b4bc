// A program that owns its process: orphans become its children. Each test runs in a process of its own.

import Glibc
import Orchestration
import Synchronization
import TestSupport
import Testing

@testable import Processes

@Suite struct SubreaperTests {
  @Test("a daemon that forked twice becomes our child, is killed with its run, and leaves no zombie")
  func daemon() async throws {
    try await #require(processExitsWith: .success) {
      try ProcessTable.becomeSubreaper()
      let rig = try Rig()
      let hearing = try Hearing()
      let key = rig.shell("setsid sh -c 'trap \"\" TERM; echo $$; while :; do sleep 1; done' & exit 0", output: hearing.output)
      let daemon = try #require(Int32(try await hearing.line()))
      #expect(try await rig.recorder.exit(of: key) == .code(0))
      rig.table.signal(key, SIGTERM)
      try await eventually("the daemon") { rig.table.members(of: key).contains(daemon) }
      rig.table.kill(key)
      try await rig.recorder.emptied(key)
      #expect(!isAlive(daemon))
      #expect(rig.recorder.events.emptiedCount(key) == 1)
      try await noChildren()
    }
  }

  @Test("a thousand checks that leave children behind leave no process and no zombie")
  func orphans() async throws {
    try await #require(processExitsWith: .success) {
      try ProcessTable.becomeSubreaper()
      let rig = try Rig()
      // A daemon of another run lives during the whole test.
      let hearing = try Hearing()
      let other = rig.shell("setsid sh -c 'echo $$; exec sleep 1000' & exit 0", output: hearing.output)
      let daemon = try #require(Int32(try await hearing.line()))
      for _ in 0..<10 {
        let keys = (0..<100).map { _ in rig.shell("true & setsid true & exit 0") }
        for key in keys { try await rig.recorder.emptied(key) }
      }
      #expect(isAlive(daemon))
      #expect(rig.recorder.events.emptiedCount(other) == 0)
      rig.table.kill(other)
      try await rig.recorder.emptied(other)
      try await noChildren()
    }
  }

  @Test("a daemon whose leader lives on is reaped when it ends")
  func daemonOfLivingLeader() async throws {
    try await #require(processExitsWith: .success) {
      try ProcessTable.becomeSubreaper()
      let rig = try Rig()
      let hearing = try Hearing()
      let key = rig.shell("(setsid sh -c 'echo $$; exec sleep 1000' &); exec sleep 1000", output: hearing.output)
      let daemon = try #require(Int32(try await hearing.line()))
      let ended = ProcessIdentity.current(pid: daemon)
      #expect(ended != nil)
      kill(daemon, SIGKILL)
      try await eventually("the daemon's end") { !exists(daemon) }
      #expect(rig.recorder.events.exit(of: key) == nil)
      rig.table.kill(key)
      try await rig.recorder.emptied(key)
    }
  }

  @Test("a child whose program's owner keeps it from executing is killed, and holds up the zombies of no other run")
  func heldUp() async throws {
    try await #require(processExitsWith: .success) {
      try ProcessTable.becomeSubreaper()
      let rig = try Rig()
      let folder = try Folder()
      // execve waits until the lease is given back, which the kernel demands after 45 s.
      let program = try folder.write("program", "#!/bin/sh\n")
      #expect(chmod(program, 0o755) == 0)
      let lease = open(program, O_RDWR | O_CLOEXEC)
      let (setSignal, setLease): (Int32, Int32) = (10, 1024)
      #expect(fcntl(lease, setSignal, SIGURG) == 0 && fcntl(lease, setLease, F_WRLCK) == 0)
      let held = rig.key()
      rig.table.spawn(SpawnRequest(arguments: [program], environment: [Rig.path]), as: held)
      func isBeingSpawned() -> Bool { rig.table.core.registry.withLock { $0.queue.children[held]?.pid != nil } }
      try await eventually("its child") { isBeingSpawned() }

      let other = rig.shell("true & setsid true & exit 0")
      try await rig.recorder.emptied(other)
      try await eventually("no zombie") {
        var information = siginfo_t()
        return waitid(P_ALL, 0, &information, WEXITED | WNOHANG | WNOWAIT) == 0 && information._sifields._kill.si_pid == 0
      }
      #expect(isBeingSpawned())

      rig.table.kill(held)
      #expect(try await rig.recorder.exit(of: held) == .signal(SIGKILL, coreDumped: false))
      try await rig.recorder.emptied(held)
      close(lease)
      try await noChildren()
    }
  }
}

/// Waits until this process has no child, not even a zombie.
func noChildren() async throws {
  try await eventually("the end of all children") {
    var information = siginfo_t()
    return waitid(P_ALL, 0, &information, WEXITED | WNOHANG | WNOWAIT) == -1 && errno == ECHILD
  }
}
