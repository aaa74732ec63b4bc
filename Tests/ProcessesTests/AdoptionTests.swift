// Runs of a table that is gone, adopted by another table.

import Glibc
import Linux
import Orchestration
import TestSupport
import Testing

@testable import Processes

/// Whether the kernel reports the exit of a process that is not our child (Linux 6.15).
let tellsStrangersEnds: Bool = {
  var name = utsname()
  uname(&name)
  let release = withUnsafeBytes(of: &name.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  let numbers = release.split(whereSeparator: { !$0.isNumber }).prefix(2).compactMap { Int($0) }
  return numbers.count == 2 && (numbers[0], numbers[1]) >= (6, 15)
}()

/// A process without a parent here: the process that started it has ended. It has the mark of a predecessor.
struct Foundling {
  let key = RunKey(owner: "dao", run: 17)
  let rig: Rig
  let identity: ProcessIdentity
  let hearing: Hearing

  /// - Parameters:
  ///   - mark: the predecessor's mark; that of `rig` by default.
  ///   - script: its script, after it has printed its pid.
  init(_ script: String, rig: Rig) async throws {
    self.rig = rig
    hearing = try Hearing()
    let foster = try Rig()
    _ = foster.spawn(
      [
        "setsid", "sh", "-c", "echo $$; setsid env \(rig.marks.assignment(of: key)) sh -c \"$1\" & exit 0", "sh",
        "echo $$; \(script)",
      ],
      output: hearing.output)
    let parent = try #require(Int32(try await hearing.line()))
    let pid = try #require(Int32(try await hearing.line()))
    identity = try #require(ProcessIdentity.current(pid: pid))
    // The end of its foster run cannot be waited for: if the process is seen before it has its own
    // environment, it counts as a part of that run.
    try await eventually("the end of its parent") { !exists(parent) }
  }
}

@Suite struct AdoptionTests {
  private func known(_ exit: Exit, _ expected: Exit) -> Bool { exit == expected || (!tellsStrangersEnds && exit == .unknown) }

  @Test("the remains of a killed Stoker are found by their mark, adopted, signalled and followed to the end")
  func predecessor() async throws {
    // The test's process is the parent of the predecessor's process: so both know the mark.
    try await #require(processExitsWith: .signal(SIGKILL)) {
      let rig = try Rig(mark: "predecessor-\(getppid())")
      for run in 1...2 as ClosedRange<UInt64> {
        let hearing = try Hearing()
        let key = RunKey(owner: "dao", run: run)
        let script = "sleep 1000 & setsid sleep 1000 & echo; exec sleep 1000"
        rig.table.spawn(SpawnRequest(arguments: ["/bin/sh", "-c", script], environment: [Rig.path], output: hearing.output), as: key)
        _ = try await hearing.line()
      }
      kill(getpid(), SIGKILL)
    }
    let rig = try Rig(mark: "predecessor-\(getpid())")
    let runs = Leftovers.find(marks: rig.marks, records: [])
    #expect(runs.map(\.key) == [RunKey(owner: "dao", run: 1), RunKey(owner: "dao", run: 2)])
    for run in runs {
      #expect(run.processes.count == 3)
      rig.table.adopt(RunAdoption(leader: run.leader, members: run.members), as: run.key)
      try await rig.recorder.wait(for: "the adoption") { $0.story(of: run.key) == ["adopted"] }
    }
    rig.table.signal(runs[0].key, SIGTERM)
    #expect(known(try await rig.recorder.exit(of: runs[0].key), .signal(SIGTERM, coreDumped: false)))
    try await rig.recorder.emptied(runs[0].key)
    #expect(runs[0].processes.allSatisfy { !isAlive($0.identity.pid) })
    // The other one was not touched.
    #expect(runs[1].processes.allSatisfy { isAlive($0.identity.pid) })
    #expect(rig.table.members(of: runs[1].key).contains(try #require(runs[1].leader).pid))
    rig.table.kill(runs[1].key)
    #expect(known(try await rig.recorder.exit(of: runs[1].key), .signal(SIGKILL, coreDumped: false)))
    try await rig.recorder.emptied(runs[1].key)
    #expect(runs[1].processes.allSatisfy { !isAlive($0.identity.pid) })
    #expect(rig.recorder.events.story(of: runs[1].key) == ["adopted", "exited", "emptied"])
    #expect(Leftovers.find(marks: rig.marks, records: []) == [])
  }

  @Test(
    "the exit code of an adopted process is reported where the kernel reports it, and its usage is empty", arguments: [0, 42] as [Int32])
  func code(_ code: Int32) async throws {
    let folder = try Folder()
    try #require(mkfifo("\(folder.path)/gate", 0o600) == 0)
    let rig = try Rig()
    let found = try await Foundling("read line <\(folder.path)/gate; exit \(code)", rig: rig)
    rig.table.adopt(RunAdoption(leader: found.identity), as: found.key)
    try await rig.recorder.wait(for: "the adoption") { $0.story(of: found.key) == ["adopted"] }
    let writer = open("\(folder.path)/gate", O_RDWR | O_CLOEXEC)
    #expect(write(writer, "\n", 1) == 1)
    #expect(known(try await rig.recorder.exit(of: found.key), .code(code)))
    close(writer)
    try await rig.recorder.emptied(found.key)
    for case .exited(found.key, _, let usage) in rig.recorder.events { #expect(usage == ResourceUsage()) }
  }

  @Test("a run without its first process has ended, with an unknown exit; it is over when nothing is left of it")
  func goneLeader() async throws {
    let rig = try Rig()
    let found = try await Foundling("sleep 1000 & echo $!; setsid sleep 1000 & echo $!; exec sleep 1000", rig: rig)
    let child = try #require(Int32(try await found.hearing.line()))
    let daemon = try #require(Int32(try await found.hearing.line()))
    kill(found.identity.pid, SIGKILL)
    try await eventually("its end") { !exists(found.identity.pid) }
    let members = try [child, daemon].map { try #require(ProcessIdentity.current(pid: $0)) }
    rig.table.adopt(RunAdoption(leader: found.identity, members: members), as: found.key)
    #expect(try await rig.recorder.exit(of: found.key) == .unknown)
    #expect(rig.table.members(of: found.key) == [child, daemon].sorted())
    #expect(rig.recorder.events.emptiedCount(found.key) == 0)
    kill(child, SIGKILL)
    rig.table.signal(found.key, SIGTERM)
    try await rig.recorder.emptied(found.key)
    #expect(!isAlive(daemon))
    #expect(rig.recorder.events.story(of: found.key) == ["exited", "emptied"])
  }

  @Test("a run of which nothing is left is reported as exited and as over")
  func nothing() async throws {
    let rig = try Rig()
    let key = RunKey(owner: "dao", run: 3)
    rig.table.adopt(RunAdoption(leader: ProcessIdentity(pid: 0x3fff_fff0, startTime: 12)), as: key)
    try await rig.recorder.emptied(key)
    #expect(rig.recorder.events.story(of: key) == ["exited", "emptied"])
    #expect(rig.recorder.events.exit(of: key) == .unknown)
    let without = RunKey(owner: "dao", run: 4)
    rig.table.adopt(RunAdoption(leader: nil), as: without)
    try await rig.recorder.emptied(without)
  }

  @Test("another process that got the pid is never touched, neither as the first process nor as a member")
  func strangers() async throws {
    let other = try Rig()
    let hearing = try Hearing()
    let bystander = other.shell("sleep 1000 & echo; exec sleep 1000", output: hearing.output)
    let identity = try await other.recorder.spawned(bystander)
    _ = try await hearing.line()
    var earlier = identity
    earlier.startTime -= 1
    let rig = try Rig()
    let key = RunKey(owner: "dao", run: 1)
    rig.table.signal(key, SIGKILL)
    rig.table.adopt(RunAdoption(leader: earlier, members: [earlier]), as: key)
    rig.table.signal(key, SIGTERM)
    rig.table.signal(key, SIGTERM, scope: .leader)
    rig.table.kill(key)
    try await rig.recorder.emptied(key)
    #expect(rig.recorder.events.story(of: key) == ["exited", "emptied"])
    #expect(isAlive(identity.pid))
    #expect(other.recorder.events.exit(of: bystander) == nil)
    other.table.kill(bystander)
    try await other.recorder.emptied(bystander)
  }

  @Test("a signal to a group whose leader is gone reaches the rest of the group, and a signal to the main process alone no other process")
  func groups() async throws {
    let rig = try Rig()
    // The child clears its environment: only its group and session identify its run.
    let found = try await Foundling("env -i sleep 1000 & echo $!; exec sleep 1000", rig: rig)
    let child = try #require(Int32(try await found.hearing.line()))
    rig.table.adopt(RunAdoption(leader: found.identity), as: found.key)
    rig.table.signal(found.key, SIGTERM, scope: .leader)
    #expect(known(try await rig.recorder.exit(of: found.key), .signal(SIGTERM, coreDumped: false)))
    #expect(isAlive(child))
    #expect(rig.table.members(of: found.key) == [child])
    rig.table.signal(found.key, SIGTERM)
    try await rig.recorder.emptied(found.key)
    #expect(!isAlive(child))
  }

  @Test("a stopped adopted process ends on TERM")
  func stopped() async throws {
    let rig = try Rig()
    let found = try await Foundling("exec sleep 1000", rig: rig)
    rig.table.adopt(RunAdoption(leader: found.identity), as: found.key)
    rig.table.signal(found.key, SIGSTOP)
    rig.table.signal(found.key, SIGTERM)
    #expect(known(try await rig.recorder.exit(of: found.key), .signal(SIGTERM, coreDumped: false)))
    try await rig.recorder.emptied(found.key)
  }

  @Test("after the end of a table its adopted runs go on")
  func shutdown() async throws {
    let rig = try Rig()
    let found = try await Foundling("exec sleep 1000", rig: rig)
    rig.table.adopt(RunAdoption(leader: found.identity), as: found.key)
    try await rig.recorder.wait(for: "the adoption") { $0.story(of: found.key) == ["adopted"] }
    rig.table.shutdown()
    #expect(isAlive(found.identity.pid))
    // The next table can adopt it.
    let next = try Rig(mark: rig.marks.text)
    next.table.adopt(RunAdoption(leader: found.identity), as: found.key)
    next.table.kill(found.key)
    try await next.recorder.emptied(found.key)
    #expect(!isAlive(found.identity.pid))
  }

  @Test("an adopted run that ends while adopted by a subreaper is over only after the processes that left it")
  func subreaper() async throws {
    try await #require(processExitsWith: .success) {
      let mark = "foundling-\(getpid())"
      // Its orphans go to the same parent as before: they never become our children.
      let before = try Rig(mark: mark)
      let found = try await Foundling("setsid sleep 1000 & echo $!; exec sleep 1000", rig: before)
      let daemon = try #require(Int32(try await found.hearing.line()))
      // In the middle of execve(2) a process has its new name, but no readable environment yet.
      try await eventually("its program") {
        contents("/proc/\(daemon)/comm") == "sleep\n"
          && contents("/proc/\(daemon)/environ")?.contains(before.marks.assignment(of: found.key)) == true
      }
      before.table.shutdown()
      try ProcessTable.becomeSubreaper()
      let rig = try Rig(mark: mark)
      rig.table.adopt(RunAdoption(leader: found.identity), as: found.key)
      rig.table.signal(found.key, SIGTERM, scope: .leader)
      _ = try await rig.recorder.exit(of: found.key)
      #expect(rig.recorder.events.emptiedCount(found.key) == 0)
      #expect(rig.table.members(of: found.key) == [daemon])
      rig.table.kill(found.key)
      try await rig.recorder.emptied(found.key)
      #expect(!isAlive(daemon))
    }
  }

  // MARK: Notifications

  @Test("the notifications of an adopted program arrive at the same address again")
  func notifications() async throws {
    let folder = try Folder()
    let hash = StableHash.text(of: "mark")
    // The first place, another place, an abstract name of an older version, and an address that we could not have given.
    for (given, heard) in [
      ("\(folder.path)/one/dao", "\(folder.path)/one/dao"), ("\(folder.path)/two/dao", "\(folder.path)/two/dao"),
      ("@stoker/\(hash)/dao", "@stoker/\(hash)/dao"), ("@stoker/\(hash)/another", "\(folder.path)/one/dao"),
      ("\(folder.path)/one/../three/dao", "\(folder.path)/one/dao"), ("", "\(folder.path)/one/dao"),
    ] {
      let before = try Rig()
      let found = try await Foundling("NOTIFY_SOCKET=\(given) exec sleep 1000", rig: before)
      try await eventually("its program") { contents("/proc/\(found.identity.pid)/comm") == "sleep\n" }
      before.table.shutdown()
      #expect(send("READY=1", to: heard) != 0)
      let places = ["\(folder.path)/one", "\(folder.path)/two"]
      let rig = try Rig(mark: before.marks.text, notifications: NotifyFolder(places: places, formerMark: "mark"))
      rig.table.adopt(RunAdoption(leader: found.identity, notify: .systemd), as: found.key)
      try await rig.recorder.wait(for: "the adoption") { $0.story(of: found.key) == ["adopted"] }
      #expect(send("READY=1\nSTATUS=here", to: heard) == 0)
      try await rig.recorder.notified(found.key, .status("here"))
      rig.table.kill(found.key)
      try await rig.recorder.emptied(found.key)
      #expect(rig.recorder.events.notifications(of: found.key) == [.ready, .status("here")])
      rig.table.shutdown()
      #expect(names(in: folder.path) == [])
    }
  }

  @Test("where the main process alone is heard, that is so after an adoption too")
  func mainAlone() async throws {
    let folder = try Folder()
    let before = try Rig()
    let found = try await Foundling("exec sleep 1000", rig: before)
    before.table.shutdown()
    let rig = try Rig(mark: before.marks.text, notifications: NotifyFolder(places: ["\(folder.path)/notify"]))
    rig.table.adopt(RunAdoption(leader: found.identity, notify: .systemd, hearsMainAlone: true), as: found.key)
    try await rig.recorder.wait(for: "the adoption") { $0.story(of: found.key) == ["adopted"] }
    #expect(send("READY=1", to: "\(folder.path)/notify/\(found.key.owner)") == 0)
    try await rig.recorder.wait(for: "the refusal") { $0.story(of: found.key) == ["adopted", "refused: \(NotifyRefusal.stranger)"] }
    rig.table.kill(found.key)
    try await rig.recorder.emptied(found.key)
  }

  @Test("an abstract name of an older version that another process has taken is reported, and the run goes on")
  func taken() async throws {
    let mark = "mark-\(UInt64.random(in: 0 ... .max))"
    let address = "@stoker/\(StableHash.text(of: mark))/dao"
    let thief = try NotifySocket(abstract: address, user: nil)
    defer { thief.close() }
    let before = try Rig()
    let found = try await Foundling("NOTIFY_SOCKET=\(address) exec sleep 1000", rig: before)
    try await eventually("its program") { contents("/proc/\(found.identity.pid)/comm") == "sleep\n" }
    before.table.shutdown()
    let rig = try Rig(mark: before.marks.text, notifications: NotifyFolder(formerMark: mark))
    rig.table.adopt(RunAdoption(leader: found.identity, notify: .systemd), as: found.key)
    try await rig.recorder.wait(for: "the adoption") { $0.story(of: found.key) == ["adopted", "unheard"] }
    rig.table.kill(found.key)
    try await rig.recorder.emptied(found.key)
  }

  @Test("a newline on descriptor 3 that comes after the adoption means ready")
  func newline() async throws {
    try await checkDescriptor(script: "read line <GATE; echo >&3; exec sleep 1000", adoptsBefore: true, isReady: true)
  }

  @Test("a newline that came before the adoption means ready as well, whether the program has closed the descriptor or not")
  func earlierNewline() async throws {
    try await checkDescriptor(script: "read line <GATE; echo >&3; echo said; exec sleep 1000", adoptsBefore: false, isReady: true)
    try await checkDescriptor(
      script: "read line <GATE; echo >&3; exec 3>&-; echo said; exec sleep 1000", adoptsBefore: false, isReady: true)
  }

  @Test("a program's own pipe at descriptor 3 is not read from")
  func ownPipe() async throws {
    let rig = try Rig()
    let found = try await Foundling("echo mine | (exec 3<&0; sleep 1000 0</dev/null & echo $!; wait)", rig: rig)
    let pid = try #require(Int32(try await found.hearing.line()))
    #expect(ReadinessPipe.find(in: pid) == .closed)
    let (reading, writing) = try ReadinessPipe.open()
    close(reading)
    close(writing)
    rig.table.adopt(RunAdoption(leader: found.identity), as: found.key)
    rig.table.kill(found.key)
    try await rig.recorder.emptied(found.key)
  }

  private func checkDescriptor(script: String, adoptsBefore: Bool, isReady: Bool) async throws {
    let folder = try Folder()
    let gate = "\(folder.path)/gate"
    try #require(mkfifo(gate, 0o600) == 0)
    let before = try Rig()
    let hearing = try Hearing()
    let key = RunKey(owner: "dao", run: 1)
    let text = "echo up; " + script.replacing("GATE", with: gate)
    before.table.spawn(
      SpawnRequest(arguments: ["/bin/sh", "-c", text], environment: [Rig.path], output: hearing.output, notify: .s6), as: key)
    let identity = try await before.recorder.spawned(key)
    #expect(try await hearing.line() == "up")
    before.table.shutdown()
    let rig = try Rig(mark: before.marks.text)
    if adoptsBefore {
      rig.table.adopt(RunAdoption(leader: identity, notify: .s6), as: key)
      try await rig.recorder.wait(for: "the adoption") { $0.story(of: key) == ["adopted"] }
    }
    let writer = open(gate, O_RDWR | O_CLOEXEC)
    #expect(write(writer, "\n", 1) == 1)
    if !adoptsBefore {
      #expect(try await hearing.line() == "said")
      rig.table.adopt(RunAdoption(leader: identity, notify: .s6), as: key)
    }
    try await rig.recorder.notified(key, .ready)
    close(writer)
    rig.table.kill(key)
    try await rig.recorder.emptied(key)
    #expect(rig.recorder.events.story(of: key) == ["adopted", "ready", "exited", "emptied"])
  }
}
