// The remains of a killed Stoker, its record, and its lock.

import Glibc
import Linux
import Orchestration
import Processes
import TestSupport
import Testing

@Suite struct LeftoverTests {
  private func record(_ identity: ProcessIdentity, run: UInt64 = 1, bootID boot: String? = nil) throws -> RunningRecord {
    RunningRecord(name: "dao", run: run, identity: identity, bootID: try boot ?? #require(bootID()))
  }

  @Test("a recorded process and its session are found and stopped, one that ignores TERM by force")
  func recorded() async throws {
    let rig = try Rig()
    let hearing = try Hearing()
    let key = rig.shell("sh -c 'trap \"\" TERM; echo ready; while :; do sleep 1; done' & wait", output: hearing.output)
    let identity = try await rig.recorder.spawned(key)
    #expect(try await hearing.line() == "ready")
    // Another mark: only the record leads to them.
    let runs = Leftovers.find(marks: .test("other"), records: [try record(identity)])
    #expect(runs.map(\.key) == [RunKey(owner: "dao", run: 1)])
    #expect(runs.first?.leader == identity)
    #expect(runs.first?.record == (try record(identity)))
    let found = runs.flatMap(\.processes)
    #expect(found.first { $0.identity == identity }?.proof == .record)
    #expect(found.contains { $0.proof == .session })
    #expect(Set(runs[0].members.map(\.pid)).union([identity.pid]) == Set(found.map(\.identity.pid)))
    #expect(found.allSatisfy { $0.name == "dao" && $0.run == 1 })
    #expect(await Leftovers.clear(marks: .test("other"), records: [try record(identity)], timeout: .milliseconds(200)) == [])
    #expect(found.allSatisfy { !isAlive($0.identity.pid) })
    #expect(try await rig.recorder.exit(of: key) == .signal(SIGTERM, coreDumped: false))
    try await rig.recorder.emptied(key)
  }

  @Test("without a record they are found by the mark in the environment, daemons too")
  func marked() async throws {
    let rig = try Rig()
    let hearing = try Hearing()
    let key = rig.shell("setsid sh -c 'echo $$; exec sleep 1000' & exit 0", output: hearing.output)
    let daemon = try #require(Int32(try await hearing.line()))
    let runs = Leftovers.find(marks: rig.marks, records: [])
    #expect(runs.map(\.key) == [key])
    let found = runs.flatMap(\.processes)
    #expect(found.map(\.identity.pid) == [daemon])
    #expect(found.first?.proof == .environment)
    #expect(await Leftovers.stop(found, timeout: .seconds(30)) == [])
    #expect(!isAlive(daemon))
    try await rig.recorder.emptied(key)
    #expect(Leftovers.find(marks: rig.marks, records: []) == [])
  }

  @Test("a stopped leftover ends on TERM")
  func stopped() async throws {
    let rig = try Rig()
    let key = rig.spawn(["sleep", "1000"])
    let identity = try await rig.recorder.spawned(key)
    // In the middle of execve(2) its environment cannot be read.
    try await eventually("the mark") { !Leftovers.find(marks: rig.marks, records: []).isEmpty }
    kill(identity.pid, SIGSTOP)
    #expect(await Leftovers.stop(Leftovers.find(marks: rig.marks, records: []).flatMap(\.processes), timeout: .seconds(30)) == [])
    #expect(try await rig.recorder.exit(of: key) == .signal(SIGTERM, coreDumped: false))
  }

  @Test("a record with another start time or of another boot touches no process")
  func strangers() async throws {
    let rig = try Rig()
    let key = rig.spawn(["sleep", "1000"])
    let identity = try await rig.recorder.spawned(key)
    var other = identity
    other.startTime += 1
    #expect(Leftovers.find(marks: .test("other"), records: [try record(other)]) == [])
    #expect(Leftovers.find(marks: .test("other"), records: [try record(identity, bootID: "another boot")]) == [])
    let stale = Leftover(name: "dao", run: 1, identity: other, proof: .record)
    #expect(await Leftovers.stop([stale], timeout: .zero) == [])
    #expect(isAlive(identity.pid))
    rig.table.kill(key)
    try await rig.recorder.emptied(key)
  }

  @Test("this process and its ancestors are never leftovers")
  func spared() async throws {
    let proc = try #require(ProcessIdentity.current(pid: getpid()))
    let parent = try #require(ProcessIdentity.current(pid: getppid()))
    let found = Leftovers.find(marks: .test("other"), records: [try record(proc), try record(parent)])
    #expect(!found.flatMap(\.processes).contains { $0.identity == proc || $0.identity == parent })
  }

  @Test(
    "the leader of a run without a record is the first process that leads a session, the leader of a run with one is the recorded process alone"
  )
  func leader() async throws {
    let rig = try Rig()
    let hearing = try Hearing()
    let key = rig.shell("setsid sh -c 'echo $$; exec sleep 1000' & exec sleep 1000", output: hearing.output)
    let identity = try await rig.recorder.spawned(key)
    let daemon = try #require(Int32(try await hearing.line()))
    #expect(Leftovers.find(marks: rig.marks, records: []).map(\.leader) == [identity])
    // The recorded leader has ended: other processes that lead a session are not the leader of the run.
    var gone = identity
    gone.startTime -= 1
    let record = RunningRecord(name: key.owner, run: key.run, identity: gone, bootID: try #require(bootID()))
    let runs = Leftovers.find(marks: rig.marks, records: [record])
    #expect(runs.map(\.leader) == [nil])
    #expect(Set(runs.flatMap(\.members).map(\.pid)) == [identity.pid, daemon])
    rig.table.kill(key)
    try await rig.recorder.emptied(key)
  }

  @Test("only the runs of some owners are stopped, the others are left alone")
  func someOwners() async throws {
    let rig = try Rig()
    let kept = rig.spawn(["sleep", "1000"])
    let gone = RunKey(owner: "gone", run: 1)
    rig.table.spawn(SpawnRequest(arguments: ["sleep", "1000"], environment: [Rig.path]), as: gone)
    let identity = try await rig.recorder.spawned(kept)
    _ = try await rig.recorder.spawned(gone)
    #expect(await Leftovers.clear(marks: rig.marks, records: [], timeout: .seconds(30)) { $0.owner == "gone" } == [])
    #expect(try await rig.recorder.exit(of: gone) == .signal(SIGTERM, coreDumped: false))
    #expect(isAlive(identity.pid))
    rig.table.kill(kept)
    try await rig.recorder.emptied(kept)
  }

  @Test("leftovers that go on multiplying do not keep the search going")
  func relay() async throws {
    let folder = try Folder()
    let rig = try Rig()
    // Each process lives until it has started the next one.
    let script = try await folder.script("relay", "#!/bin/sh\n[ -e \"$0\" ] && setsid \"$0\" &\n")
    let key = rig.spawn([script])
    _ = try await rig.recorder.exit(of: key)
    _ = await Leftovers.clear(marks: rig.marks, records: [], timeout: .zero)
    unlink(script)
    try await rig.recorder.emptied(key)
    #expect(await Leftovers.clear(marks: rig.marks, records: [], timeout: .zero) == [])
  }

  @Test("the record of running processes can be read again, by our user alone")
  func roundTrip() throws {
    let folder = try Folder()
    #expect(RuntimeRecord.read(from: folder.path) == (RuntimeRecord(), nil))
    var second = try record(ProcessIdentity(pid: 56, startTime: .max), run: RunNumber.highest)
    second.isReady = true
    second.startedAt = 1_795_000_000_123_456_789
    let record = RuntimeRecord(
      running: [try record(ProcessIdentity(pid: 12, startTime: 34)), second], groups: "/sys/fs/cgroup/stoker", machine: "0123",
      file: "/srv/stoker.yaml")
    try record.write(to: folder.path)
    #expect(RuntimeRecord.read(from: folder.path) == (record, nil))
    try RuntimeRecord().write(to: folder.path)
    #expect(RuntimeRecord.read(from: folder.path) == (RuntimeRecord(), nil))
    #expect(names(in: folder.path) == ["runtime.json"])
    var status = stat()
    #expect(stat("\(folder.path)/runtime.json", &status) == 0 && status.st_mode & 0o777 == 0o600)
  }

  @Test("the first version of the record is read")
  func firstVersion() throws {
    let folder = try Folder()
    let text = #"{"running":[{"bootID":"b","name":"dao","pid":12,"run":3,"startTime":34}],"version":1}"#
    _ = try folder.write("runtime.json", text)
    let expected = RunningRecord(name: "dao", run: 3, identity: ProcessIdentity(pid: 12, startTime: 34), bootID: "b")
    #expect(RuntimeRecord.read(from: folder.path) == (RuntimeRecord(running: [expected]), nil))
  }

  @Test(
    "a record that is torn, foreign, empty or of another version is reported and ignored",
    arguments: ["", "{\"version\":1,\"runn", "[1]", "\0\0\0", "{\"version\":4,\"running\":[]}"])
  func torn(_ text: String) throws {
    let folder = try Folder()
    _ = try folder.write("runtime.json", text)
    let (record, problem) = RuntimeRecord.read(from: folder.path)
    #expect(record == RuntimeRecord())
    #expect(try #require(problem).contains("runtime.json"))
  }

  @Test("a record is written neither through a link nor where there is no folder, and what a killed writer left is removed")
  func writing() throws {
    let folder = try Folder()
    let other = try folder.write("other", "mine")
    #expect(symlink(other, "\(folder.path)/runtime.json") == 0)
    let record = RuntimeRecord(running: [try record(ProcessIdentity(pid: 12, startTime: 34))])
    try record.write(to: folder.path)
    #expect(RuntimeRecord.read(from: folder.path) == (record, nil))
    #expect(contents(other) == "mine")
    #expect(throws: FolderError.self) { try record.write(to: "\(folder.path)/none") }
    _ = try folder.write(".runtime.json.abc.tmp", "{")
    RuntimeRecord.removeTemporaries(in: folder.path)
    #expect(names(in: folder.path) == ["other", "runtime.json"])
  }

  @Test("a record that another user can write proves nothing", arguments: ["folder", "file", "link", "pipe", "owner"])
  func untrusted(_ place: String) throws {
    let folder = try Folder()
    let file = "\(folder.path)/runtime.json"
    let record = RuntimeRecord(running: [try record(ProcessIdentity(pid: 12, startTime: 34))])
    try record.write(to: folder.path)
    switch place {
    case "folder": chmod(folder.path, 0o777)
    case "file": chmod(file, 0o666)
    case "link":
      rename(file, "\(folder.path)/there")
      symlink("there", file)
    case "pipe":
      unlink(file)
      mkfifo(file, 0o600)
    default:
      guard geteuid() == 0 else { return }
      chown(file, 65534, 65534)
    }
    let (found, problem) = RuntimeRecord.read(from: folder.path)
    #expect(found == RuntimeRecord())
    #expect(try #require(problem).contains(file))
  }

  @Test("processes with impossible numbers are left out of a record")
  func impossible() throws {
    let folder = try Folder()
    func entry(run: String = "3", pid: String = "12", startedAt: String = "5") -> String {
      #"{"bootID":"b","isReady":true,"name":"dao","pid":\#(pid),"run":\#(run),"startTime":18446744073709551615,"startedAt":\#(startedAt)}"#
    }
    let entries = [
      entry(), entry(run: "18446744073709551615"), entry(run: "9007199254740992"), entry(pid: "0"), entry(pid: "-1"), entry(pid: "1"),
      entry(startedAt: "-9223372036854775808"),
    ]
    _ = try folder.write("runtime.json", #"{"running":[\#(entries.joined(separator: ","))],"version":3}"#)
    let (record, problem) = RuntimeRecord.read(from: folder.path)
    #expect(record.running.map(\.pid) == [12, 12] && record.running.map(\.startedAt) == [5, nil])
    #expect(try #require(problem).contains("impossible numbers"))
  }

  @Test("a record of another machine is known as such, unless its boot is ours", .enabled(if: machineID() != nil))
  func machines() throws {
    let identity = ProcessIdentity(pid: 12, startTime: 34)
    let here = try record(identity)
    let elsewhere = try record(identity, bootID: "another boot")
    #expect(RuntimeRecord(machine: "other").isOfAnotherMachine)
    #expect(RuntimeRecord(running: [elsewhere], machine: "other").isOfAnotherMachine)
    #expect(!RuntimeRecord(running: [here], machine: "other").isOfAnotherMachine)
    #expect(!RuntimeRecord(running: [elsewhere], machine: machineID()).isOfAnotherMachine)
    #expect(!RuntimeRecord(running: [elsewhere]).isOfAnotherMachine)
  }
}
