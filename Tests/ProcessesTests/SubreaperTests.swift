// A program that owns its process: orphans become its children. Each test runs in a process of its own.

import Glibc
import Orchestration
import Processes
import TestSupport
import Testing

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
}

/// Waits until this process has no child, not even a zombie.
func noChildren() async throws {
  try await eventually("the end of all children") {
    var information = siginfo_t()
    return waitid(P_ALL, 0, &information, WEXITED | WNOHANG | WNOWAIT) == -1 && errno == ECHILD
  }
}
