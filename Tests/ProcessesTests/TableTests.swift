// Exits of processes, signals, and the processes that a leader leaves behind.

import Glibc
import Orchestration
import Processes
import TestSupport
import Testing

@Suite struct TableTests {
  @Test("exit codes arrive exactly", arguments: [0, 1, 42, 126, 127, 255] as [Int32])
  func codes(_ code: Int32) async throws {
    let rig = try Rig()
    let key = rig.shell("exit \(code)")
    #expect(try await rig.recorder.exit(of: key) == .code(code))
    try await rig.recorder.emptied(key)
  }

  @Test(
    "every signal that ends a process is reported as its exit",
    arguments: [
      SIGHUP, SIGINT, SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGKILL, SIGUSR1, SIGSEGV, SIGUSR2, SIGPIPE, SIGALRM, SIGTERM,
      SIGXCPU, SIGXFSZ, SIGVTALRM, SIGPROF, SIGIO, SIGSYS,
    ])
  func signals(_ number: Int32) async throws {
    let folder = try Folder()
    let rig = try Rig()
    let key = rig.spawn(["/bin/sh", "-c", "ulimit -c 0; kill -\(number) $$; sleep 60"], directory: folder.path)
    guard case .signal(number, _) = try await rig.recorder.exit(of: key) else {
      Issue.record("\(String(describing: rig.recorder.events.exit(of: key)))")
      return
    }
  }

  @Test("the usage of a process and its children is reported with its exit")
  func usage() async throws {
    let rig = try Rig()
    // A child that is waited for does the work.
    let key = rig.shell("sh -c 'i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done'; exit 3")
    #expect(try await rig.recorder.exit(of: key) == .code(3))
    for case .exited(key, _, let usage) in rig.recorder.events {
      #expect(usage.userSeconds > 0.001 && usage.userSeconds < 60)
    }
  }

  @Test("the exits of 500 children that end at once are all reported, and no zombie is left")
  func herd() async throws {
    let rig = try Rig()
    let gate = try Folder()
    try #require(mkfifo("\(gate.path)/gate", 0o600) == 0)
    // Open for reading and writing: the children wait in open until the writer closes it.
    let keys = (0..<500).map { index in rig.shell("read line <\(gate.path)/gate; exit \(index % 200)") }
    var pids: [Int32] = []
    for key in keys { pids.append(try await rig.recorder.spawned(key).pid) }
    let writer = open("\(gate.path)/gate", O_RDWR | O_CLOEXEC)
    // A child that opens only now finds the gate open as well: each gets a line.
    let lines = Array(repeating: UInt8(ascii: "\n"), count: 500)
    #expect(write(writer, lines, lines.count) == lines.count)
    for (index, key) in keys.enumerated() {
      #expect(try await rig.recorder.exit(of: key) == .code(Int32(index % 200)))
      try await rig.recorder.emptied(key)
    }
    close(writer)
    #expect(pids.allSatisfy { !exists($0) })
    #expect(keys.allSatisfy { rig.recorder.events.emptiedCount($0) == 1 })
  }

  @Test("failed starts leave no descriptor and no process behind")
  func leaks() async throws {
    try await #require(processExitsWith: .success) {
      let rig = try Rig()
      for _ in 0..<3 { _ = try await rig.recorder.error(of: rig.spawn(["/nope"])) }
      try await runTimer()
      let before = openDescriptors()
      for round in 0..<200 {
        let keys = [
          rig.spawn(["/nope"]), rig.spawn(["/bin/true"], directory: "/nope"), rig.spawn(["nope"]),
          rig.spawn(["/nope"], output: try Hearing().output),
        ]
        for key in keys { _ = try await rig.recorder.error(of: key) }
        if round == 199 { #expect(openDescriptors() == before) }
      }
      let key = rig.shell("exit 0")
      try await rig.recorder.emptied(key)
      #expect(openDescriptors() == before)
    }
  }

  @Test("an exit is reported at once although a grandchild holds the output, and the rest ends by kill, reported once")
  func grandchild() async throws {
    let rig = try Rig()
    let hearing = try Hearing()
    let key = rig.shell("trap '' TERM; (echo $$; exec sleep 1000) & exit 5", output: hearing.output)
    #expect(try await rig.recorder.exit(of: key) == .code(5))
    try await eventually("what is left") { rig.table.members(of: key).count == 1 }
    let left = rig.table.members(of: key)
    #expect(rig.recorder.events.emptiedCount(key) == 0)
    rig.table.signal(key, SIGTERM)
    rig.table.kill(key)
    try await rig.recorder.emptied(key)
    #expect(left.allSatisfy { !isAlive($0) })
    #expect(rig.recorder.events.emptiedCount(key) == 1)
    #expect(rig.table.members(of: key) == [])
  }

  @Test("a leader that ends on TERM and a child that ignores it: the run is over only when the child is killed")
  func deafChild() async throws {
    let rig = try Rig()
    let hearing = try Hearing()
    let key = rig.shell("sh -c 'trap \"\" TERM; echo ready; while :; do sleep 1; done' & wait", output: hearing.output)
    #expect(try await hearing.line() == "ready")
    rig.table.signal(key, SIGTERM)
    #expect(try await rig.recorder.exit(of: key) == .signal(SIGTERM, coreDumped: false))
    try await eventually("what is left") { !rig.table.members(of: key).isEmpty }
    #expect(rig.recorder.events.emptiedCount(key) == 0)
    rig.table.kill(key)
    try await rig.recorder.emptied(key)
    #expect(rig.table.members(of: key) == [])
  }

  @Test("a daemon that forked twice into a session of its own is found by its environment, gets TERM and is killed")
  func daemon() async throws {
    let rig = try Rig()
    let hearing = try Hearing()
    // Its sleep gets the signal too, and the shell would report that on its standard error.
    let script = "exec 2>/dev/null; trap \"echo heard\" TERM; echo $$; while :; do sleep 0.05; done"
    let key = rig.shell("setsid sh -c '\(script)' & exit 0", output: hearing.output)
    let daemon = try #require(Int32(try await hearing.line()))
    #expect(try await rig.recorder.exit(of: key) == .code(0))
    // Its loop starts processes, and one in the middle of execve cannot be identified: then the search is
    // repeated.
    try await eventually("the daemon") { rig.table.members(of: key).contains(daemon) }
    rig.table.signal(key, SIGTERM)
    #expect(try await hearing.line() == "heard")
    rig.table.kill(key)
    try await rig.recorder.emptied(key)
    #expect(!isAlive(daemon))
  }

  @Test("the environment does not move a process to another run: its session comes first")
  func foreignMark() async throws {
    let rig = try Rig()
    let other = rig.shell("sleep 1000 & exec sleep 1000")
    _ = try await rig.recorder.spawned(other)
    let hearing = try Hearing()
    let name = rig.marks.assignment(of: other)
    let key = rig.shell("exec env \(name) sh -c 'echo ready; read line <&1; exec sleep 1000'", output: hearing.output)
    let identity = try await rig.recorder.spawned(key)
    #expect(try await hearing.line() == "ready")
    rig.table.kill(other)
    try await rig.recorder.emptied(other)
    #expect(isAlive(identity.pid))
    rig.table.kill(key)
    try await rig.recorder.emptied(key)
  }

  @Test("a run that cannot be looked at without descriptors does not count as ended, and is killed when there are some again")
  func blind() async throws {
    try await #require(processExitsWith: .success) {
      let rig = try Rig()
      let hearing = try Hearing()
      let key = rig.shell("trap '' TERM; sleep 1000 & echo $!; wait", output: hearing.output)
      let leader = try await rig.recorder.spawned(key)
      let member = try #require(Int32(try await hearing.line()))
      try await withoutDescriptors {
        kill(leader.pid, SIGKILL)
        let exit = try await rig.recorder.exit(of: key)
        #expect(exit == .signal(SIGKILL, coreDumped: false))
        #expect(rig.recorder.events.emptiedCount(key) == 0)
        rig.table.kill(key)
      }
      try await rig.recorder.emptied(key)
      #expect(!isAlive(member))
    }
  }

  @Test("the remains of a run are known without a search: its first process and the members that were found, minus those that ended")
  func members() async throws {
    let rig = try Rig()
    let hearing = try Hearing()
    let key = rig.shell("sleep 1000 & echo $!; sleep 1000 & echo $!; wait", output: hearing.output)
    let leader = try await rig.recorder.spawned(key)
    #expect(rig.table.members(of: key).contains(leader.pid))
    let first = try #require(Int32(try await hearing.line()))
    let second = try #require(Int32(try await hearing.line()))
    kill(leader.pid, SIGKILL)
    _ = try await rig.recorder.exit(of: key)
    // A search that fails, for example during a test that uses all descriptors, is repeated.
    try await eventually("what is left") { rig.table.members(of: key) == [first, second].sorted() }
    kill(first, SIGKILL)
    // No event reports it: asked until it is so.
    try await eventually("the end of the first") { rig.table.members(of: key) == [second] }
    rig.table.kill(key)
    try await rig.recorder.emptied(key)
    #expect(rig.table.members(of: key) == [])
    #expect(rig.table.members(of: RunKey(owner: "nobody", run: 99)) == [])
  }

  @Test("a run ends with its last member")
  func lateEnd() async throws {
    let rig = try Rig()
    let hearing = try Hearing()
    let key = rig.shell("sh -c 'echo $$; kill -STOP $$' & exit 0", output: hearing.output)
    let member = try #require(Int32(try await hearing.line()))
    #expect(try await rig.recorder.exit(of: key) == .code(0))
    #expect(rig.recorder.events.emptiedCount(key) == 0)
    kill(member, SIGKILL)
    try await rig.recorder.emptied(key)
  }

  @Test("a stopped process ends on TERM")
  func stopped() async throws {
    let rig = try Rig()
    let key = rig.spawn(["sleep", "1000"])
    let identity = try await rig.recorder.spawned(key)
    rig.table.signal(key, SIGSTOP)
    rig.table.signal(key, SIGTERM)
    #expect(try await rig.recorder.exit(of: key) == .signal(SIGTERM, coreDumped: false))
    #expect(!isAlive(identity.pid))
  }

  @Test("a signal to a run that is still being spawned arrives, and one to a run that is gone is no error")
  func earlyAndLate() async throws {
    let rig = try Rig()
    let key = rig.spawn(["sleep", "1000"])
    rig.table.kill(key)
    #expect(try await rig.recorder.exit(of: key) == .signal(SIGKILL, coreDumped: false))
    try await rig.recorder.emptied(key)
    rig.table.signal(key, SIGTERM)
    rig.table.kill(key)
    rig.table.signal(RunKey(owner: "nobody", run: 99), SIGTERM)
  }

  @Test("1,000 stops of processes that end by themselves reach no other process")
  func raceWithEnd() async throws {
    let rig = try Rig()
    var keys: [RunKey] = []
    for _ in 0..<1000 {
      let key = rig.spawn(["/bin/true"])
      keys.append(key)
      rig.table.signal(key, SIGTERM)
    }
    for key in keys { try await rig.recorder.emptied(key) }
    #expect(keys.allSatisfy { rig.recorder.events.emptiedCount($0) == 1 })
  }

  @Test("a child of the embedding program that is not ours keeps its status")
  func stranger() async throws {
    var pid = pid_t()
    let arguments: [UnsafeMutablePointer<CChar>?] = [strdup("/bin/sh"), strdup("-c"), strdup("exit 9"), nil]
    defer { for argument in arguments { free(argument) } }
    try #require(posix_spawn(&pid, "/bin/sh", nil, nil, arguments, nil) == 0)
    let rig = try Rig()
    for _ in 0..<20 {
      let key = rig.shell("sleep 0.01 & exit 0")
      try await rig.recorder.emptied(key)
    }
    var status: Int32 = 0
    #expect(waitpid(pid, &status, 0) == pid)
    #expect((status >> 8) & 0xff == 9)
  }

  @Test("a child that other code has waited for has ended; its exit is known only to a kernel that keeps it")
  func stolen() async throws {
    try await #require(processExitsWith: .success) {
      // With SIGCHLD ignored the kernel discards every status.
      signal(SIGCHLD, SIG_IGN)
      let rig = try Rig()
      let key = rig.shell("sleep 0.01 & exit 3")
      let exit = try await rig.recorder.exit(of: key)
      #expect(exit == .unknown || exit == .code(3))
      try await rig.recorder.emptied(key)
    }
  }

  @Test("the end of a table kills no process")
  func shutdown() async throws {
    let rig = try Rig()
    let identity = try await rig.recorder.spawned(rig.spawn(["sleep", "1000"]))
    rig.table.shutdown()
    #expect(isAlive(identity.pid))
    kill(identity.pid, SIGKILL)
    var status: Int32 = 0
    #expect(waitpid(identity.pid, &status, 0) == identity.pid)
  }

  @Test("at the end of a table a first process that ended is reaped, although other processes of its run live")
  func zombies() async throws {
    let rig = try Rig()
    let hearing = try Hearing()
    let key = rig.shell("sleep 1000 & echo $!; exit 4", output: hearing.output)
    let leader = try await rig.recorder.spawned(key)
    let member = try #require(Int32(try await hearing.line()))
    #expect(try await rig.recorder.exit(of: key) == .code(4))
    #expect(exists(leader.pid))
    rig.table.shutdown()
    #expect(!exists(leader.pid))
    #expect(isAlive(member))
    kill(member, SIGKILL)
  }
}
