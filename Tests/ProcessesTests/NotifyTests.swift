// Notifications of programs: datagrams, a newline on descriptor 3, and another main process.

import Glibc
import Linux
import Orchestration
import Synchronization
import TestSupport
import Testing

@testable import Processes

/// Sends a message to an address in the form of `NOTIFY_SOCKET`; 0, or the errno.
@discardableResult
func send(_ text: String, to address: String) -> Int32 {
  let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
  defer { close(descriptor) }
  var name = sockaddr_un()
  name.sun_family = sa_family_t(AF_UNIX)
  let bytes = Array(address.utf8)
  withUnsafeMutableBytes(of: &name.sun_path) { path in
    for (index, byte) in bytes.enumerated() { path[index] = index == 0 && byte == UInt8(ascii: "@") ? 0 : byte }
  }
  let length = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
  let message = Array(text.utf8)
  let sent = withUnsafePointer(to: &name) {
    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { sendto(descriptor, message, message.count, 0, $0, length) }
  }
  return sent == message.count ? 0 : errno
}

extension [ProcessEvent] {
  func notifications(of key: RunKey) -> [RunNotification] {
    var found: [RunNotification] = []
    for case .notified(key, let notification) in self { found.append(notification) }
    return found
  }

  /// The names of the events of a run, in order.
  func story(of wanted: RunKey) -> [String] {
    compactMap { event in
      switch event {
      case .spawned(wanted, _): "spawned"
      case .spawnFailed(wanted, _): "failed"
      case .adopted(wanted, _): "adopted"
      case .notified(wanted, let notification): "\(notification)"
      case .exited(wanted, _, _): "exited"
      case .emptied(wanted): "emptied"
      case .unheard(wanted, _): "unheard"
      case .refused(wanted, let reason, _): "refused: \(reason)"
      case .unnamed(wanted, let fault): "unnamed: \(fault)"
      case .unsettled(wanted, let error): error == nil ? "settled" : "unsettled"
      case .spawned, .spawnFailed, .adopted, .notified, .refused, .unnamed, .unheard, .unsettled, .exited, .emptied: nil
      }
    }
  }
}

extension EventRecorder {
  func notified(_ key: RunKey, _ notification: RunNotification) async throws {
    try await wait(for: "\(notification) of \(key)") { $0.notifications(of: key).contains(notification) }
  }
}

extension Rig {
  /// Starts a shell that prints its socket's name first.
  func talker(
    _ script: String, watchdog: Duration? = nil, setup: ProcessSetup = ProcessSetup(), owner: String = "seven",
    hearsMainAlone: Bool = false
  ) async throws -> (RunKey, String, Hearing) {
    let hearing = try Hearing()
    let key = RunKey(owner: owner, run: key().run)
    table.spawn(
      SpawnRequest(
        arguments: ["/bin/sh", "-c", "echo $NOTIFY_SOCKET; \(script)"], environment: [Self.path], output: hearing.output, setup: setup,
        notify: .systemd, hearsMainAlone: hearsMainAlone, watchdog: watchdog), as: key)
    return (key, try await hearing.line(), hearing)
  }
}

private final class Flood: Sendable {
  let isOver = Atomic<Bool>(false)
}

@Suite struct NotifyTests {
  @Test("all notifications arrive in order, and unknown fields are ignored")
  func everything() async throws {
    let rig = try Rig()
    let (key, address, _) = try await rig.talker("exec sleep 1000")
    let facts = try #require(FileFacts.of(address))
    #expect(facts.kind == .socket && facts.mode == 0o600 && facts.owner == geteuid())
    #expect(FileFacts.of(Directories.parent(of: address) ?? "")?.mode == 0o711)
    #expect(send("STATUS=warming \u{1b}[1mup\nFDSTORE=1\nnonsense\nX=\nERRNO=2\nEXTEND_TIMEOUT_USEC=1500000", to: address) == 0)
    #expect(send("READY=1\nREADY=0\nREADY=11", to: address) == 0)
    for text in ["RELOADING=1", "STOPPING=1\n", "WATCHDOG=1", "WATCHDOG=trigger", "", "\n\n=", "EXTEND_TIMEOUT_USEC=99999999999999999999"] {
      #expect(send(text, to: address) == 0 || text.isEmpty)
    }
    #expect(send("EXTEND_TIMEOUT_USEC=18446744073709551615\nSTATUS=", to: address) == 0)
    try await rig.recorder.notified(key, .status(""))
    #expect(
      rig.recorder.events.notifications(of: key) == [
        .status("warming  [1mup"), .errno(2), .extendTimeout(.milliseconds(1500)), .ready, .reloading, .stopping, .watchdog,
        .watchdogTrigger, .extendTimeout(.seconds(366 * 86_400)), .status(""),
      ])
    rig.table.kill(key)
    try await rig.recorder.emptied(key)
    // The address is free, and the next run has it again.
    #expect(send("READY=1", to: address) == ENOENT)
    let (next, same, _) = try await rig.talker("exec sleep 1000")
    #expect(same == address)
    rig.table.kill(next)
    try await rig.recorder.emptied(next)
  }

  @Test("a message that is too long is ignored, and those after it are not")
  func tooLong() async throws {
    let rig = try Rig()
    let (key, address, _) = try await rig.talker("exec sleep 1000")
    #expect(send("READY=1\nSTATUS=" + String(repeating: "x", count: 20_000), to: address) == 0)
    #expect(send("STATUS=" + String(repeating: "y", count: 4000), to: address) == 0)
    try await rig.recorder.notified(key, .status(String(repeating: "y", count: 4000)))
    #expect(rig.recorder.events.notifications(of: key).count == 1)
    rig.table.kill(key)
    try await rig.recorder.emptied(key)
  }

  @Test("notifications from before the end are reported before the end", arguments: 0..<20)
  func lastWords(_ round: Int) async throws {
    let rig = try Rig()
    let (key, address, _) = try await rig.talker("exec sleep 1000")
    let identity = try await rig.recorder.spawned(key)
    for number in 0..<10 { #expect(send("STATUS=\(number)", to: address) == 0) }
    #expect(send("READY=1", to: address) == 0)
    kill(identity.pid, SIGKILL)
    try await rig.recorder.emptied(key)
    let words = (0..<10).map { "\(RunNotification.status("\($0)"))" } + ["ready", "exited", "emptied"]
    #expect(rig.recorder.events.story(of: key) == ["spawned"] + words)
  }

  @Test(
    "a notification counts also if its sender has ended before it is received", .enabled(if: access("/usr/bin/systemd-notify", X_OK) == 0))
  func shortLived() async throws {
    let rig = try Rig()
    let (key, _, _) = try await rig.talker("systemd-notify --ready --status='all is well'; exit 0")
    try await rig.recorder.emptied(key)
    #expect(rig.recorder.events.notifications(of: key).contains(.ready))
    #expect(rig.recorder.events.story(of: key).suffix(2) == ["exited", "emptied"])
  }

  @Test("only notifications of root, our own user and the service's user count", .enabled(if: geteuid() == 0))
  func strangers() async throws {
    try await #require(processExitsWith: .success) {
      let rig = try Rig()
      let (key, address, _) = try await rig.talker("exec sleep 1000")
      let (other, theirs, _) = try await rig.second.talker("exec sleep 1000", setup: ProcessSetup(user: "nobody"))
      // The kernel reports the real user, and our own is the effective one.
      #expect(setreuid(65534, 0) == 0)
      #expect(send("READY=1", to: address) == 0)
      #expect(send("READY=1", to: theirs) == 0)
      #expect(setreuid(0, 0) == 0)
      #expect(send("STATUS=root", to: address) == 0)
      try await rig.recorder.notified(key, .status("root"))
      try await rig.second.recorder.notified(other, .ready)
      #expect(rig.recorder.events.notifications(of: key) == [.status("root")])
      rig.table.kill(key)
      try rig.second.table.kill(other)
      try await rig.recorder.emptied(key)
      try await rig.second.recorder.emptied(other)
    }
  }

  @Test("a program gets its watchdog interval, with a socket although it does not report readiness, and no inherited one")
  func watchdog() async throws {
    let rig = try Rig()
    let hearing = try Hearing()
    let key = rig.key()
    rig.table.spawn(
      SpawnRequest(
        arguments: ["/bin/sh", "-c", "echo $WATCHDOG_USEC-$WATCHDOG_PID-$NOTIFY_SOCKET"],
        environment: [Rig.path, "NOTIFY_SOCKET=/run/other", "WATCHDOG_PID=1", "WATCHDOG_USEC=5"], output: hearing.output,
        watchdog: .milliseconds(2500)), as: key)
    #expect(try await hearing.line().hasPrefix("2500000--/tmp/stoker-\(geteuid())-"))
    try await rig.recorder.emptied(key)
  }

  @Test("a folder that is not to be had is a failed start, and another place is used where there is one")
  func places() async throws {
    let folder = try Folder()
    let foreign = "\(folder.path)/file"
    _ = try folder.write("file", "")
    let long = "\(folder.path)/\(String(repeating: "x", count: 107))"
    let rig = try Rig(notifications: NotifyFolder(places: [foreign, long]))
    let key = rig.key()
    rig.table.spawn(SpawnRequest(arguments: ["/bin/true"], environment: [Rig.path], notify: .systemd), as: key)
    let error = try await rig.recorder.error(of: key)
    #expect(error.step == .notification && error.errno == ENOTDIR)
    let notifications = NotifyFolder(places: [foreign, long, "\(folder.path)/notify"])
    #expect(try notifications.socket(for: "dao", user: nil).address == "\(folder.path)/notify/dao")
    let name = try notifications.socket(for: String(repeating: "d", count: 90), user: nil).address.dropFirst(folder.path.utf8.count + 8)
    #expect(name.hasPrefix("#") && name.utf8.count == 17)
    #expect(try notifications.socket(for: "../x", user: nil).address.hasPrefix("\(folder.path)/notify/#"))
    // A folder that is removed is made again.
    notifications.leave()
    #expect(names(in: folder.path) == ["file"])
    #expect(try notifications.socket(for: "dao", user: nil).address == "\(folder.path)/notify/dao")
    removeAll("\(folder.path)/notify")
    #expect(try notifications.socket(for: "dao", user: nil).address == "\(folder.path)/notify/dao")
  }

  @Test("another user can neither send to a socket nor take its place; its service's user can send", .enabled(if: geteuid() == 0))
  func otherUsers() async throws {
    try await #require(processExitsWith: .success) {
      let rig = try Rig()
      let (key, ours, _) = try await rig.talker("exec sleep 1000")
      let other = try rig.second
      let (second, theirs, _) = try await other.talker("exec sleep 1000", setup: ProcessSetup(user: "nobody"))
      #expect(FileFacts.of(theirs)?.owner == 65534)
      #expect(seteuid(65534) == 0)
      let answers = [send("READY=1", to: ours), send("READY=1", to: theirs), unlink(theirs), unlink(ours)]
      #expect(seteuid(0) == 0)
      #expect(answers == [EACCES, 0, -1, -1])
      try await other.recorder.notified(second, .ready)
      rig.table.kill(key)
      other.table.kill(second)
      try await rig.recorder.emptied(key)
      try await other.recorder.emptied(second)
      #expect(rig.recorder.events.notifications(of: key).isEmpty)
    }
  }

  @Test("a program that sends without end delays no other, and is heard at a bounded pace")
  func flood() async throws {
    let rig = try Rig()
    let (key, address, _) = try await rig.talker("exec sleep 1000")
    let (quiet, other, _) = try await rig.talker("exec sleep 1000", owner: "quiet")
    let message = "READY=1\nREADY=1\nSTATUS=a\nSTATUS=b\n"
    let flood = Flood()
    async let sender: Void = onThread { while !flood.isOver.load(ordering: .relaxed), send(message, to: address) == 0 {} }
    let began = SuspendingClock.now
    // The flood has filled its queue, and been heard, several times.
    try await rig.recorder.wait(for: "the flood") { $0.notifications(of: key).count >= 300 }
    #expect(send("STATUS=hello", to: other) == 0)
    try await rig.recorder.notified(quiet, .status("hello"))
    let intervals = (SuspendingClock.now - began) / NotifyPace.interval + 2
    #expect(Double(rig.recorder.events.notifications(of: key).count) <= 64 * intervals)
    flood.isOver.store(true, ordering: .relaxed)
    // Its last message may wait for the pace.
    try await sender
    #expect(rig.recorder.events.notifications(of: key).prefix(2) == [.ready, .status("a")])
    for run in [key, quiet] {
      rig.table.kill(run)
      try await rig.recorder.emptied(run)
    }
  }

  // MARK: s6

  @Test("a newline on descriptor 3 means ready, and the program has 0, 1, 2 and 3 alone")
  func descriptor() async throws {
    let rig = try Rig()
    let hearing = try Hearing()
    let key = rig.key()
    let script = "ls /proc/$$/fd; printf 'not yet' >&3; echo said; echo >&3; exec 3>&-; exec sleep 1000"
    rig.table.spawn(
      SpawnRequest(arguments: ["/bin/sh", "-c", script], environment: [Rig.path], output: hearing.output, notify: .s6), as: key)
    #expect(try await hearing.line() == "0")
    for number in ["1", "2", "3", "said"] { #expect(try await hearing.line() == number) }
    try await rig.recorder.notified(key, .ready)
    rig.table.kill(key)
    try await rig.recorder.emptied(key)
    #expect(rig.recorder.events.story(of: key) == ["spawned", "ready", "exited", "emptied"])
  }

  @Test(
    "a program that closes descriptor 3 without a newline is not ready, and one that writes it at its end was", arguments: [true, false])
  func lastNewline(_ says: Bool) async throws {
    let rig = try Rig()
    let key = rig.key()
    let script = says ? "echo >&3; exit 0" : "exec 3>&-; exit 0"
    rig.table.spawn(SpawnRequest(arguments: ["/bin/sh", "-c", script], environment: [Rig.path], notify: .s6), as: key)
    try await rig.recorder.emptied(key)
    #expect(rig.recorder.events.story(of: key) == ["spawned"] + (says ? ["ready"] : []) + ["exited", "emptied"])
  }

  @Test("after the end of the table a newline on descriptor 3 does not hurt the program")
  func survives() async throws {
    let rig = try Rig()
    let hearing = try Hearing()
    let gate = try Folder()
    try #require(mkfifo("\(gate.path)/gate", 0o600) == 0)
    let key = rig.key()
    let script = "echo up; read line <\(gate.path)/gate; echo >&3; echo $?"
    rig.table.spawn(
      SpawnRequest(arguments: ["/bin/sh", "-c", script], environment: [Rig.path], output: hearing.output, notify: .s6), as: key)
    let identity = try await rig.recorder.spawned(key)
    #expect(try await hearing.line() == "up")
    rig.table.shutdown()
    let writer = open("\(gate.path)/gate", O_RDWR | O_CLOEXEC)
    #expect(write(writer, "\n", 1) == 1)
    #expect(try await hearing.line() == "0")
    close(writer)
    var status: Int32 = 0
    #expect(waitpid(identity.pid, &status, 0) == identity.pid && status == 0)
  }

  // MARK: The main process

  @Test("the exit of a run is that of the process of the run that was named as the main one")
  func mainProcess() async throws {
    let rig = try Rig()
    let (key, address, hearing) = try await rig.talker("setsid sh -c 'echo $$; exec sleep 1000' & exec sleep 1000")
    let leader = try await rig.recorder.spawned(key)
    let pid = try #require(Int32(try await hearing.line()))
    let identity = try #require(ProcessIdentity.current(pid: pid))
    #expect(send("MAINPID=\(pid)\nREADY=1", to: address) == 0)
    try await rig.recorder.notified(key, .ready)
    #expect(rig.recorder.events.notifications(of: key) == [.mainProcess(identity), .ready])
    kill(leader.pid, SIGKILL)
    // A signal to the main process reaches the named one; it is gone when the run is empty.
    rig.table.signal(key, SIGTERM, scope: .leader)
    let exit = try await rig.recorder.exit(of: key)
    #expect(exit == .signal(SIGTERM, coreDumped: false) || exit == .unknown)
    try await rig.recorder.emptied(key)
    #expect(rig.recorder.events.story(of: key).filter { $0 == "exited" }.count == 1)
    #expect(!isAlive(pid))
  }

  @Test("the exit is the leader's if the named process is a stranger, gone, or the leader itself")
  func wrongMain() async throws {
    let rig = try Rig()
    let other = try rig.second.spawn(["sleep", "1000"])
    let stranger = try await rig.second.recorder.spawned(other)
    let (key, address, _) = try await rig.talker("exec sleep 1000")
    let leader = try await rig.recorder.spawned(key)
    for pid in [stranger.pid, getpid(), 1, 0, -5, leader.pid, 0x3fff_fff0] { #expect(send("MAINPID=\(pid)", to: address) == 0) }
    #expect(send("STATUS=done", to: address) == 0)
    try await rig.recorder.notified(key, .status("done"))
    #expect(rig.recorder.events.notifications(of: key) == [.status("done")])
    kill(leader.pid, SIGTERM)
    #expect(try await rig.recorder.exit(of: key) == .signal(SIGTERM, coreDumped: false))
    try await rig.recorder.emptied(key)
    try rig.second.table.kill(other)
    try await rig.second.recorder.emptied(other)
  }

  @Test("the leader can be the main process again")
  func backToLeader() async throws {
    let rig = try Rig()
    let (key, address, hearing) = try await rig.talker("sleep 1000 & echo $!; wait; exec sleep 1000")
    let leader = try await rig.recorder.spawned(key)
    let pid = try #require(Int32(try await hearing.line()))
    #expect(send("MAINPID=\(pid)", to: address) == 0)
    #expect(send("MAINPID=\(leader.pid)", to: address) == 0)
    try await rig.recorder.notified(key, .mainProcess(leader))
    kill(pid, SIGKILL)
    rig.table.signal(key, SIGTERM, scope: .leader)
    #expect(try await rig.recorder.exit(of: key) == .signal(SIGTERM, coreDumped: false))
    try await rig.recorder.emptied(key)
  }

  @Test("the end of a named process that is a child of the leader is the run's exit; the run is over when the leader has ended as well")
  func mainBeforeLeader() async throws {
    let rig = try Rig()
    let (key, address, hearing) = try await rig.talker("sleep 1000 & echo $!; wait; exec sleep 1000")
    let leader = try await rig.recorder.spawned(key)
    let pid = try #require(Int32(try await hearing.line()))
    #expect(send("MAINPID=\(pid)\nSTATUS=named", to: address) == 0)
    try await rig.recorder.notified(key, .status("named"))
    kill(pid, SIGUSR1)
    let exit = try await rig.recorder.exit(of: key)
    #expect(exit == .signal(SIGUSR1, coreDumped: false) || exit == .unknown)
    #expect(isAlive(leader.pid))
    #expect(rig.recorder.events.emptiedCount(key) == 0)
    rig.table.kill(key)
    try await rig.recorder.emptied(key)
    #expect(rig.recorder.events.story(of: key).filter { $0 == "exited" }.count == 1)
  }

  // MARK: Senders

  @Test("where the main process alone is heard, a message from elsewhere counts for nothing, and each reason is reported once")
  func senders() async throws {
    let rig = try Rig()
    let helper = """
      import os, socket, sys
      socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(sys.argv[1].encode(), os.environ["NOTIFY_SOCKET"])
      sys.stdin.read()
      """
    let gate = try Folder()
    try #require(mkfifo("\(gate.path)/gate", 0o600) == 0)
    let python = "python3 -S -c '\(helper)'"
    let script = "read line <\(gate.path)/gate; sleep 1000 | \(python) \"MAINPID=$$\nSTATUS=child\" & exec sleep 1000"
    let (key, address, _) = try await rig.talker(script, watchdog: .seconds(60), hearsMainAlone: true)
    #expect(send("READY=1", to: address) == 0)
    #expect(send("WATCHDOG=1\nMAINPID=\(getpid())", to: address) == 0)
    #expect(send("", to: address) == 0)
    let writer = open("\(gate.path)/gate", O_RDWR | O_CLOEXEC)
    defer { close(writer) }
    #expect(write(writer, "\n", 1) == 1)
    try await rig.recorder.notified(key, .status("child"))
    rig.table.kill(key)
    try await rig.recorder.emptied(key)
    #expect(
      rig.recorder.events.story(of: key) == [
        "spawned", "refused: \(NotifyRefusal.stranger)", "refused: \(NotifyRefusal.notMain)", "\(RunNotification.status("child"))",
        "exited",
        "emptied",
      ])
  }

  // MARK: Scope

  @Test("a signal to the main process alone leaves the others of its group")
  func scope() async throws {
    let rig = try Rig()
    let hearing = try Hearing()
    let key = rig.shell("sleep 1000 & echo $!; exec sleep 1000", output: hearing.output)
    let child = try #require(Int32(try await hearing.line()))
    rig.table.signal(key, SIGTERM, scope: .leader)
    #expect(try await rig.recorder.exit(of: key) == .signal(SIGTERM, coreDumped: false))
    #expect(isAlive(child))
    // The run has no main process any more.
    rig.table.signal(key, SIGKILL, scope: .leader)
    #expect(isAlive(child))
    rig.table.signal(key, SIGTERM)
    try await rig.recorder.emptied(key)
    #expect(!isAlive(child))
  }

  @Test("a signal to the main process of a run that is being spawned arrives when the process exists")
  func earlyScope() async throws {
    let rig = try Rig()
    let key = rig.spawn(["sleep", "1000"])
    rig.table.signal(key, SIGTERM, scope: .leader)
    #expect(try await rig.recorder.exit(of: key) == .signal(SIGTERM, coreDumped: false))
    try await rig.recorder.emptied(key)
  }
}
