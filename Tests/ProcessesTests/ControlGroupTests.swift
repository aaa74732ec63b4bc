// Cgroups of services: a process stays in its cgroup, and so do its descendants.

import Glibc
import Linux
import Orchestration
import TestSupport
import Testing

@testable import Processes

@Suite struct ControlGroupTests {
  /// Whether cgroups can be made below ours.
  private static let canMake: Bool = {
    guard geteuid() == 0, let mount = ControlGroupMount.find() else { return false }
    return access("\(mount.own)/cgroup.procs", W_OK) == 0
  }()

  // MARK: Mounts

  @Test("the cgroup of a process is found where the file system is mounted")
  func mounts() {
    let hybrid = "25 30 0:22 / /sys/fs/cgroup/unified rw,relatime shared:10 - cgroup2 cgroup2 rw,nsdelegate\n"
    let unified = "29 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"
    let bound = "29 23 0:26 /docker/abc /sys/fs/my\\040groups rw master:1 shared:2 - cgroup2 none rw\n"
    let first = "26 30 0:23 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd\n"
    func find(_ mounts: String, _ own: String) -> ControlGroupMount? { ControlGroupMount(mounts: mounts, own: own) }
    #expect(
      find(first + hybrid, "9:name=systemd:/x\n0::/\n") == ControlGroupMount(path: "/sys/fs/cgroup/unified", own: "/sys/fs/cgroup/unified"))
    #expect(find(unified, "0::/system.slice/a.service\n")?.own == "/sys/fs/cgroup/system.slice/a.service")
    #expect(find(bound, "0::/docker/abc/x\n") == ControlGroupMount(path: "/sys/fs/my groups", own: "/sys/fs/my groups/x"))
    #expect(find(bound, "0::/docker/abc\n")?.own == "/sys/fs/my groups")
    #expect(find(bound, "0::/docker/abcd\n") == nil)
    #expect(find(unified, "0::/../other\n") == nil)
    #expect(find(first, "0::/\n") == nil)
    #expect(find(unified, "9:memory:/\n") == nil)
    #expect(find("", "") == nil && find("x - cgroup2", "0::/") == nil)
  }

  @Test("without permission to write the reason names a remedy", .enabled(if: canMake))
  func unwritable() async throws {
    try await #require(processExitsWith: .success) {
      #expect(setregid(65534, 65534) == 0 && setreuid(65534, 65534) == 0)
      let error = #expect(throws: ControlGroupError.self) { try ControlGroups(mark: "test-\(getpid())") }
      #expect(error?.description.contains("Delegate=yes") == true)
    }
  }

  // MARK: The tree

  @Test("the tree is created, this process moves into its leaf, and at a clean end nothing is left", .enabled(if: canMake))
  func tree() async throws {
    try await #require(processExitsWith: .success) {
      let before = try #require(ControlGroupMount.find()).own
      let groups = try ControlGroups(mark: "test-\(getpid())")
      #expect(groups.path.hasPrefix("\(before)/stoker-"))
      #expect(ControlGroupMount.find()?.own == "\(groups.path)/supervisor")
      #expect(groups.names == [])
      let rig = try Rig()
      // Names of the kernel's files, or of our own leaf.
      for name in ["supervisor", "memory.max", "cgroup.procs", "dao"] {
        #expect(groups.group(for: name) === groups.group(for: name))
        let group = groups.group(for: name).main
        let key = rig.key()
        rig.table.spawn(SpawnRequest(arguments: ["sleep", "1000"], environment: [Rig.path], group: group), as: key)
        let identity = try await rig.recorder.spawned(key)
        #expect(group.processes() == [identity.pid])
        #expect(contents("/proc/\(identity.pid)/cgroup")?.contains("/service-\(name)/main\n") == true)
        #expect(group.isPopulated)
        #expect(!groups.remove())
        rig.table.signal(key, SIGTERM)
        try await rig.recorder.emptied(key)
        #expect(!group.isPopulated && group.processes() == [])
      }
      #expect(groups.remove())
      #expect(access(groups.path, F_OK) != 0)
      #expect(ControlGroupMount.find()?.own == before)
    }
  }

  @Test("a successor finds the tree by its record, by its path, and from within it", .enabled(if: canMake))
  func successor() async throws {
    try await #require(processExitsWith: .success) {
      let mark = "test-\(getpid())"
      let first = try ControlGroups(mark: mark)
      // From within it.
      let second = try ControlGroups(mark: mark)
      #expect(second.path == first.path)
      let parent = try #require(Directories.parent(of: first.path))
      try ControlFile.write("0", to: "\(parent)/cgroup.procs")
      let third = try ControlGroups(mark: mark, recorded: "/nowhere/at/all")
      #expect(third.path == first.path)
      let elsewhere = "\(parent)/elsewhere-\(getpid())"
      #expect(mkdir(elsewhere, 0o755) == 0)
      try ControlFile.write("0", to: "\(elsewhere)/cgroup.procs")
      let fourth = try ControlGroups(mark: mark, recorded: first.path)
      #expect(fourth.path == first.path)
      #expect(fourth.remove())
      #expect(rmdir(elsewhere) == 0)
    }
  }

  // MARK: Runs

  @Test(
    "a daemon that forks twice, leads a session of its own and clears its environment is signalled and killed with its run",
    .enabled(if: canMake), arguments: [false, true])
  func daemon(_ asSubreaper: Bool) async throws {
    if asSubreaper {
      try await #require(processExitsWith: .success) {
        try ProcessTable.becomeSubreaper()
        try await Self.checkDaemon()
      }
    } else {
      try await #require(processExitsWith: .success) { try await Self.checkDaemon() }
    }
  }

  private static func checkDaemon() async throws {
    let groups = try ControlGroups(mark: "test-\(getpid())")
    let rig = try Rig()
    let hearing = try Hearing()
    let key = rig.key()
    let work = "exec 2>/dev/null; trap \"echo heard\" TERM; echo $$; while :; do sleep 0.05; done"
    let script = "setsid env -i sh -c '\(work)' & exit 0"
    rig.table.spawn(
      SpawnRequest(
        arguments: ["/bin/sh", "-c", script], environment: [Rig.path], output: hearing.output, group: groups.group(for: "dao").main),
      as: key)
    let daemon = try #require(Int32(try await hearing.line()))
    let exit = try await rig.recorder.exit(of: key)
    #expect(exit == .code(0))
    #expect(rig.table.members(of: key).contains(daemon))
    #expect(rig.recorder.events.emptiedCount(key) == 0)
    rig.table.signal(key, SIGTERM)
    let word = try await hearing.line()
    #expect(word == "heard")
    rig.table.kill(key)
    try await rig.recorder.emptied(key)
    #expect(!isAlive(daemon))
    #expect(rig.recorder.events.emptiedCount(key) == 1)
    #expect(groups.remove())
  }

  @Test("a run ends with the last process in its cgroup", .enabled(if: canMake))
  func lateEnd() async throws {
    try await #require(processExitsWith: .success) {
      let groups = try ControlGroups(mark: "test-\(getpid())")
      let rig = try Rig()
      let hearing = try Hearing()
      let key = rig.key()
      let script = "setsid env -i sh -c 'echo $$; sleep 1000; sleep 1000' & exit 0"
      rig.table.spawn(
        SpawnRequest(
          arguments: ["/bin/sh", "-c", script], environment: [Rig.path], output: hearing.output, group: groups.group(for: "dao").main),
        as: key)
      let daemon = try #require(Int32(try await hearing.line()))
      _ = try await rig.recorder.exit(of: key)
      // Processes that it starts later are not known by pid, only by the cgroup.
      let group = groups.group(for: "dao").main
      try await eventually("its first child") { group.processes().count == 2 }
      let first = group.processes().filter { $0 != daemon }
      for pid in first { kill(pid, SIGKILL) }
      // A killed process is listed until it is gone.
      try await eventually("its second child") { !group.processes().allSatisfy { $0 == daemon || first.contains($0) } }
      #expect(rig.recorder.events.emptiedCount(key) == 0)
      let last = group.processes().filter { $0 != daemon }
      kill(daemon, SIGKILL)
      for pid in last { kill(pid, SIGKILL) }
      try await rig.recorder.emptied(key)
      #expect(groups.remove())
    }
  }

  @Test("a process that multiplies as fast as it can is killed at once", .enabled(if: canMake))
  func multiplying() async throws {
    try await #require(processExitsWith: .success) {
      let groups = try ControlGroups(mark: "test-\(getpid())")
      let rig = try Rig()
      let hearing = try Hearing()
      let key = rig.key()
      let script = "echo up; while :; do setsid env -i /bin/sh -c 'setsid /bin/sleep 0.2 & /bin/sleep 0.1' & sleep 0.01; done"
      rig.table.spawn(
        SpawnRequest(
          arguments: ["/bin/sh", "-c", script], environment: [Rig.path], output: hearing.output, group: groups.group(for: "dao").main),
        as: key)
      let word = try await hearing.line()
      #expect(word == "up")
      try await eventually("its children") { groups.group(for: "dao").main.processes().count >= 5 }
      rig.table.kill(key)
      try await rig.recorder.emptied(key)
      #expect(groups.group(for: "dao").main.processes() == [])
      #expect(groups.remove())
    }
  }

  @Test(
    "commands run below the cgroup of their service, but are not of its run; what they leave is killed, and their cgroup removed",
    .enabled(if: canMake))
  func command() async throws {
    try await #require(processExitsWith: .success) {
      let groups = try ControlGroups(mark: "test-\(getpid())")
      let rig = try Rig()
      let group = groups.group(for: "dao")
      func start(_ script: String, in group: ControlGroup, _ output: SpawnOutput = .null) -> RunKey {
        let key = rig.key()
        rig.table.spawn(
          SpawnRequest(arguments: ["/bin/sh", "-c", script], environment: [Rig.path], output: output, group: group), as: key)
        return key
      }
      // A command that is there before its service.
      let early = start("exec sleep 1000", in: group.command(1))
      _ = try await rig.recorder.spawned(early)
      for _ in 0..<2 {
        let service = start("exec sleep 1000", in: group.main)
        let identity = try await rig.recorder.spawned(service)
        #expect(group.main.processes() == [identity.pid])
        // A kill of the service makes its cgroup one that is replaced.
        rig.table.kill(service)
        _ = try await rig.recorder.exit(of: service)
        try await rig.recorder.emptied(service)
      }
      let service = start("exec sleep 1000", in: group.main)
      let identity = try await rig.recorder.spawned(service)
      // A daemon that left its session and cleared its environment.
      let hearing = try Hearing()
      let late = start("setsid env -i sh -c 'echo $$; exec sleep 1000' & exit 3", in: group.command(2), hearing.output)
      let daemon = try #require(Int32(try await hearing.line()))
      #expect(try await rig.recorder.exit(of: late) == .code(3))
      #expect(contents("/proc/\(daemon)/cgroup")?.contains("/service-dao/commands/2\n") == true)
      #expect(group.command(2).processes() == [daemon])
      #expect(rig.recorder.events.emptiedCount(late) == 0)
      rig.table.kill(late)
      try await rig.recorder.emptied(late)
      #expect(!isAlive(daemon) && isAlive(identity.pid))
      try await eventually("the end of its cgroup") { access(group.command(2).path, F_OK) != 0 }
      // The run ends while a command runs.
      rig.table.signal(service, SIGTERM)
      try await rig.recorder.emptied(service)
      #expect(rig.recorder.events.exit(of: early) == nil && group.command(1).isPopulated)
      let bad = start("", in: group.command(3))
      try await rig.recorder.emptied(bad)
      rig.table.kill(early)
      try await rig.recorder.emptied(early)
      #expect(groups.remove())
    }
  }

  @Test("the exits of 500 runs in cgroups that end at once are all reported, and nothing is left", .enabled(if: canMake))
  func herd() async throws {
    try await #require(processExitsWith: .success) {
      _ = try DescriptorLimit.raise()
      try ProcessTable.becomeSubreaper()
      let groups = try ControlGroups(mark: "test-\(getpid())")
      let rig = try Rig()
      // The first wait opens the runtime's own descriptors.
      try await rig.recorder.emptied(rig.spawn(["/bin/true"]))
      try await runTimer()
      let before = openDescriptors()
      let gate = try Folder()
      #expect(mkfifo("\(gate.path)/gate", 0o600) == 0)
      var keys: [RunKey] = []
      for index in 0..<500 {
        let key = RunKey(owner: "service-\(index)", run: 1)
        let script = "read line <\(gate.path)/gate; setsid env -i true & exit \(index % 200)"
        rig.table.spawn(
          SpawnRequest(arguments: ["/bin/sh", "-c", script], environment: [Rig.path], group: groups.group(for: key.owner).main), as: key)
        keys.append(key)
      }
      for key in keys { _ = try await rig.recorder.spawned(key) }
      let writer = open("\(gate.path)/gate", O_RDWR | O_CLOEXEC)
      let lines = Array(repeating: UInt8(ascii: "\n"), count: 500)
      #expect(write(writer, lines, lines.count) == lines.count)
      for (index, key) in keys.enumerated() {
        let exit = try await rig.recorder.exit(of: key)
        #expect(exit == .code(Int32(index % 200)), "of \(key)")
        try await rig.recorder.emptied(key)
      }
      close(writer)
      #expect(keys.allSatisfy { rig.recorder.events.emptiedCount($0) == 1 }, "each is told once")
      try await noChildren()
      #expect(groups.remove(), "no cgroup is left")
      // A replacement spawner, started when a busy machine delayed the others, takes a moment to end.
      try await eventually("the end of all descriptors") { openDescriptors() == before }
    }
  }

  @Test("a cgroup that cannot be created or entered is a failed start with a reason")
  func refused() async throws {
    let rig = try Rig()
    let folder = try Folder()
    let missing = rig.key()
    rig.table.spawn(
      SpawnRequest(arguments: ["/bin/true"], environment: [Rig.path], group: ServiceGroup(path: "/no/such/cgroup").main),
      as: missing)
    let first = try await rig.recorder.error(of: missing)
    #expect(first.step == .controlGroup && first.errno == ENOENT && first.subject == "/no/such/cgroup/main")
    // A folder, but not a cgroup.
    let other = rig.key()
    rig.table.spawn(
      SpawnRequest(arguments: ["/bin/true"], environment: [Rig.path], group: ServiceGroup(path: folder.path).main), as: other)
    let second = try await rig.recorder.error(of: other)
    #expect(second.step == .controlGroup && second.subject == "\(folder.path)/main")
  }

  // MARK: After a Stoker's death

  @Test("processes in a dead Stoker's cgroups are found without mark or record, and adopted with their cgroup", .enabled(if: canMake))
  func adoption() async throws {
    try await #require(processExitsWith: .success) {
      let mark = "test-\(getpid())"
      let groups = try ControlGroups(mark: mark)
      let before = try Rig(mark: mark)
      let hearing = try Hearing()
      let key = RunKey(owner: "dao", run: 5)
      let script = "setsid env -i sh -c 'echo $$; exec sleep 1000' & exec sleep 1000"
      before.table.spawn(
        SpawnRequest(
          arguments: ["/bin/sh", "-c", script], environment: [Rig.path], output: hearing.output, group: groups.group(for: "dao").main),
        as: key)
      let identity = try await before.recorder.spawned(key)
      let daemon = try #require(Int32(try await hearing.line()))
      before.table.shutdown()
      kill(identity.pid, SIGKILL)
      var status: Int32 = 0
      #expect(waitpid(identity.pid, &status, 0) == identity.pid)

      let record = RunningRecord(
        name: "dao", run: 5, identity: identity, bootID: try #require(bootID()))
      let runs = Leftovers.find(marks: .test(mark), records: [record], groups: groups)
      #expect(runs.map(\.key) == [key])
      #expect(runs.map(\.leader) == [nil])
      #expect(runs.flatMap(\.processes).map(\.proof) == [.group])
      #expect(runs.flatMap(\.members).map(\.pid) == [daemon])
      #expect(Leftovers.find(marks: .test(mark), records: [record]) == [])

      let rig = try Rig(mark: mark)
      rig.table.adopt(RunAdoption(leader: identity, members: runs[0].members, group: groups.group(for: "dao")), as: key)
      let exit = try await rig.recorder.exit(of: key)
      #expect(exit == .unknown)
      #expect(rig.recorder.events.emptiedCount(key) == 0)
      rig.table.kill(key)
      try await rig.recorder.emptied(key)
      #expect(!isAlive(daemon))
      #expect(groups.remove())
    }
  }

  @Test(
    "a run that version 0.1.0 started in its service's cgroup itself is adopted there, and its commands stay outside",
    .enabled(if: canMake))
  func former() async throws {
    try await #require(processExitsWith: .success) {
      let mark = "test-\(getpid())"
      let groups = try ControlGroups(mark: mark)
      let group = groups.group(for: "dao")
      let before = try Rig(mark: mark)
      let key = RunKey(owner: "dao", run: 5)
      // Its first process enters the cgroup itself, as if born in it.
      #expect(mkdir(group.path, 0o755) == 0)
      let script = "echo 0 >\(group.path)/cgroup.procs; exec sleep 1000"
      before.table.spawn(SpawnRequest(arguments: ["/bin/sh", "-c", script], environment: [Rig.path]), as: key)
      let identity = try await before.recorder.spawned(key)
      try await eventually("its move") { ControlFile.processes(in: group.path) == [identity.pid] }
      before.table.shutdown()

      let rig = try Rig(mark: mark)
      rig.table.adopt(RunAdoption(leader: identity, group: group), as: key)
      try await eventually("its adoption") { rig.table.members(of: key) == [identity.pid] }
      let command = rig.key()
      rig.table.spawn(SpawnRequest(arguments: ["sleep", "1000"], environment: [Rig.path], group: group.command(1)), as: command)
      let other = try await rig.recorder.spawned(command)
      #expect(contents("/proc/\(other.pid)/cgroup")?.contains("/supervisor\n") == true)
      rig.table.kill(key)
      try await rig.recorder.emptied(key)
      #expect(rig.recorder.events.exit(of: command) == nil)
      rig.table.kill(command)
      try await rig.recorder.emptied(command)
      // The next run has the new layout.
      let next = RunKey(owner: "dao", run: 6)
      rig.table.spawn(SpawnRequest(arguments: ["sleep", "1000"], environment: [Rig.path], group: group.main), as: next)
      let new = try await rig.recorder.spawned(next)
      #expect(contents("/proc/\(new.pid)/cgroup")?.contains("/service-dao/main\n") == true)
      rig.table.kill(next)
      try await rig.recorder.emptied(next)
      #expect(groups.remove())
    }
  }

  @Test("what a command left behind a dead Stoker is a command's, not its service's", .enabled(if: canMake))
  func leftCommand() async throws {
    try await #require(processExitsWith: .success) {
      let mark = "test-\(getpid())"
      let groups = try ControlGroups(mark: mark)
      let before = try Rig(mark: mark)
      let hearing = try Hearing()
      before.table.spawn(
        SpawnRequest(
          arguments: ["/usr/bin/env", "-i", "/bin/sh", "-c", "echo $$; exec sleep 1000"], environment: [Rig.path], output: hearing.output,
          group: groups.group(for: "dao").command(7)), as: RunKey(owner: RunKey.commands, run: 7))
      let pid = try #require(Int32(try await hearing.line()))
      before.table.shutdown()
      let runs = Leftovers.find(marks: .test(mark), records: [], groups: groups)
      #expect(runs.map(\.key) == [RunKey(owner: RunKey.commands, run: 7)])
      #expect(runs.flatMap(\.processes).map(\.identity.pid) == [pid])
      let left = await Leftovers.clear(marks: .test(mark), records: [], groups: groups, timeout: .seconds(5))
      #expect(left == [])
      // The next Stoker counts from 1 as well.
      let rig = try Rig(mark: mark)
      let key = rig.key()
      rig.table.spawn(SpawnRequest(arguments: ["/bin/true"], environment: [Rig.path], group: groups.group(for: "dao").command(7)), as: key)
      try await rig.recorder.emptied(key)
      var status: Int32 = 0
      waitpid(pid, &status, 0)
      #expect(groups.remove())
    }
  }

  // MARK: Limits

  /// A folder with the files of a cgroup, as far as they are written.
  private static func pretended() throws -> Folder {
    let folder = try Folder()
    #expect(mkdir("\(folder.path)/main", 0o755) == 0)
    for name in ["memory.max", "memory.oom.group", "pids.max", "cpu.max", "cgroup.subtree_control", "main/memory.oom.group"] {
      _ = try folder.write(name, "")
    }
    return folder
  }

  @Test("limits are written in the kernel's format, and removed again")
  func limits() throws {
    let folder = try Self.pretended()
    let group = ServiceGroup(path: folder.path)
    func text(_ name: String) -> String? { contents("\(folder.path)/\(name)") }
    #expect(group.set(ControlGroupLimits(memory: 512 << 20, tasks: 200, cpu: 0.5)) == [])
    #expect(text("memory.max") == "536870912" && text("cgroup.subtree_control") == "+memory")
    #expect(text("main/memory.oom.group") == "1" && text("memory.oom.group") == "")
    #expect(text("pids.max") == "200" && text("cpu.max") == "50000 100000")
    #expect(group.set(ControlGroupLimits()) == [])
    #expect(text("main/memory.oom.group")?.first == "0")
  }

  @Test("while a child may share our memory, its cgroup is never one that the kernel kills as a whole")
  func memoryIsShared() throws {
    let folder = try Self.pretended()
    let group = ServiceGroup(path: folder.path)
    func isWhole() -> Bool { contents("\(folder.path)/main/memory.oom.group")?.first == "1" }
    #expect(group.set(ControlGroupLimits(memory: 1 << 20)) == [] && isWhole())
    for memory in [2 << 20, 3 << 20] as [UInt64] {
      let opened = try #require(try group.main.open())
      #expect(!isWhole(), "before clone")
      // A reload, while the program's disk hangs.
      #expect(group.set(ControlGroupLimits(memory: memory)) == [] && !isWhole())
      group.main.entered()
      #expect(isWhole(), "after exec")
      close(opened)
    }
    let opened = try #require(try group.main.open())
    #expect(group.set(ControlGroupLimits()) == [])
    group.main.entered()
    #expect(!isWhole())
    close(opened)
    // Not for commands, which are born elsewhere.
    #expect(group.set(ControlGroupLimits(memory: 1 << 20)) == [] && isWhole())
    close(try #require(try group.command(1).open()))
    #expect(isWhole() && contents("\(folder.path)/memory.oom.group") == "")
  }

  @Test("a spawn leaves the switch on, whether it succeeds or not")
  func failedEntrance() async throws {
    let folder = try Self.pretended()
    let group = ServiceGroup(path: folder.path)
    #expect(group.set(ControlGroupLimits(memory: 1 << 20)) == [])
    let rig = try Rig()
    let key = rig.key()
    rig.table.spawn(SpawnRequest(arguments: ["/bin/true"], environment: [Rig.path], group: group.main), as: key)
    #expect(try await rig.recorder.error(of: key).step == .controlGroup)
    #expect(contents("\(folder.path)/main/memory.oom.group")?.first == "1")
  }

  @Test("a limit without its controller is named, with the reason")
  func unavailable() throws {
    let folder = try Folder()
    _ = try folder.write("pids.max", "")
    let refusal = ControlGroupRefusal(limit: .memory, reason: "the controller 'memory' is not to be had")
    let group = ServiceGroup(path: folder.path, refusals: [refusal])
    let refused = group.set(ControlGroupLimits(memory: 1 << 20, tasks: 5, cpu: 1))
    #expect(refused.map(\.limit) == [.memory, .cpu])
    #expect(refused.first?.description == "limits.memory is not in force: the controller 'memory' is not to be had")
    #expect(refused.last?.reason.contains("cpu.max") == true)
    #expect(group.set(ControlGroupLimits()) == [])
  }

  @Test("a real cgroup reports the limits that it cannot have, and has the others in force", .enabled(if: canMake))
  func realLimits() async throws {
    try await #require(processExitsWith: .success) {
      let groups = try ControlGroups(mark: "test-\(getpid())")
      let group = groups.group(for: "dao")
      let refused = group.set(ControlGroupLimits(memory: 64 << 20, tasks: 50, cpu: 0.5))
      #expect(Set(refused.map(\.limit)) == Set(groups.refusals.map(\.limit)))
      if !refused.contains(where: { $0.limit == .memory }) { #expect(contents("\(group.path)/memory.max") == "67108864\n") }
      #expect(group.set(ControlGroupLimits()) == [])
      #expect(groups.remove())
    }
  }
}
