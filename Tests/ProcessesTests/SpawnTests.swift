// The state of a started program, and the errors of a failed start.

import Glibc
import Linux
import Orchestration
import Processes
import TestSupport
import Testing

@Suite struct SpawnTests {
  @Test("a child has no signal blocked and none ignored, although its parent ignores SIGPIPE")
  func signals() async throws {
    signal(SIGPIPE, SIG_IGN)
    let rig = try Rig()
    let hearing = try Hearing()
    _ = rig.spawn(["grep", "-E", "^Sig(Blk|Ign|Cgt)", "/proc/self/status"], output: hearing.output)
    let lines = try await hearing.all().split(separator: "\n")
    #expect(lines.contains("SigBlk:\t0000000000000000"))
    #expect(lines.contains("SigIgn:\t0000000000000000"))
  }

  @Test("a child has the descriptors 0, 1 and 2 and no other, however many are open here")
  func descriptors() async throws {
    let open = (0..<50).map { _ in Glibc.open("/dev/null", O_RDONLY) }
    defer { for descriptor in open { close(descriptor) } }
    let rig = try Rig()
    let hearing = try Hearing()
    _ = rig.shell("ls /proc/$$/fd; readlink /proc/$$/fd/0", output: hearing.output)
    #expect(try await hearing.all() == "0\n1\n2\n/dev/null\n")
  }

  @Test("an input that is kept open never ends, belongs to the child alone, and can be opened again by its user")
  func keptInput() async throws {
    let rig = try Rig()
    let hearing = try Hearing()
    let script = "readlink /proc/$$/fd/0; timeout 0.1 cat; echo $?; exec 5</dev/stdin && echo opened; ls /proc/$$/fd | wc -l"
    rig.table.spawn(
      SpawnRequest(arguments: ["sh", "-c", script], environment: [Rig.path], input: .kept, output: hearing.output), as: rig.key())
    let lines = try await hearing.all().split(separator: "\n")
    #expect(lines.first?.hasPrefix("pipe:") == true && lines.dropFirst() == ["124", "opened", "4"])
  }

  @Test("outputs that have each other's numbers arrive in their places")
  func crossedDescriptors() async throws {
    try await #require(processExitsWith: .success) {
      let folder = try Folder()
      let rig = try Rig()
      for (name, number) in [("one", STDOUT_FILENO), ("two", STDERR_FILENO)] {
        let file = open("\(folder.path)/\(name)", O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        #expect(dup2(file, number) == number)
        close(file)
      }
      let crossed = rig.shell("echo out; echo err >&2", output: .descriptors(stdout: STDERR_FILENO, stderr: STDOUT_FILENO))
      #expect(try await rig.recorder.exit(of: crossed) == .code(0))
      #expect(contents("\(folder.path)/one") == "err\n")
      #expect(contents("\(folder.path)/two") == "out\n")
      let straight = rig.shell("echo out; echo err >&2", output: .descriptors(stdout: STDOUT_FILENO, stderr: STDERR_FILENO))
      #expect(try await rig.recorder.exit(of: straight) == .code(0))
      #expect(contents("\(folder.path)/one") == "err\nout\n")
    }
  }

  @Test("a child leads a session and a group of its own")
  func session() async throws {
    let rig = try Rig()
    let hearing = try Hearing()
    let key = rig.shell("cut -d' ' -f5,6 /proc/$$/stat", output: hearing.output)
    let identity = try await rig.recorder.spawned(key)
    #expect(try await hearing.all() == "\(identity.pid) \(identity.pid)\n")
  }

  @Test("a child gets its arguments, variables and directory byte for byte, and STOKER_RUN")
  func exactness() async throws {
    let folder = try Folder()
    let rig = try Rig()
    let hearing = try Hearing()
    let odd = "a b\t$HOME %s 'ä' \"\\"
    let key = rig.spawn(
      ["sh", "-c", #"printf '%s|%s|%s|%s' "$1" "$ODD" "$PWD" "$STOKER_RUN""#, "sh", odd], output: hearing.output,
      directory: folder.path, environment: [Rig.path, "ODD=\(odd)", "STOKER_RUN=foreign"])
    #expect(try await hearing.all() == "\(odd)|\(odd)|\(folder.path)|\(rig.marks.assignment(of: key).dropFirst(11))")
  }

  @Test("a program with a slash is looked up from its directory, one without in its own PATH")
  func lookup() async throws {
    let folder = try Folder()
    _ = try await folder.script("tool", "#!/bin/sh\necho found\n")
    let rig = try Rig()
    for (arguments, path) in [(["./tool"], "/nowhere"), (["tool"], folder.path), (["tool"], "/nowhere:"), (["tool"], "/bin:.")] {
      let hearing = try Hearing()
      let key = rig.spawn(arguments, output: hearing.output, directory: folder.path, environment: ["PATH=\(path)"])
      #expect(try await hearing.all() == "found\n", "\(arguments) with \(path)")
      #expect(try await rig.recorder.exit(of: key) == .code(0))
    }
  }

  @Test("a child gets its configured descriptor limit")
  func limit() async throws {
    let rig = try Rig()
    let hearing = try Hearing()
    let key = rig.key()
    rig.table.spawn(
      SpawnRequest(
        arguments: ["/bin/sh", "-c", "ulimit -Sn; ulimit -Hn"], output: hearing.output,
        setup: ProcessSetup(descriptorLimit: DescriptorLimit(soft: 123, hard: 456))), as: key)
    #expect(try await hearing.all() == "123\n456\n")
  }

  @Test("our own descriptor limit can be raised, and the former one is returned")
  func raise() throws {
    let before = try DescriptorLimit.current()
    let former = try DescriptorLimit.raise()
    #expect((former.soft, former.hard) == (before.soft, before.hard))
    #expect(former.isUpperBound)
    #expect(try DescriptorLimit.current() == DescriptorLimit(soft: before.hard, hard: before.hard))
  }

  struct Failure: Sendable, CustomTestStringConvertible {
    var arguments: [String]
    var directory = "/"
    var step: SpawnStep
    var errno: Int32
    var text: String

    var testDescription: String { text }
  }

  static let failures = [
    Failure(arguments: ["/nope"], step: .execute, errno: ENOENT, text: "executing '/nope': No such file or directory (ENOENT)"),
    Failure(arguments: ["nope"], step: .lookup, errno: ENOENT, text: "looking up the program 'nope': No such file or directory (ENOENT)"),
    Failure(
      arguments: [""], step: .lookup, errno: ENOENT,
      text: "looking up the program: No such file or directory (ENOENT); the program's name is empty"),
    Failure(arguments: [], step: .prepare, errno: EINVAL, text: "preparing the arguments: Invalid argument (EINVAL)"),
    Failure(arguments: ["/bin/true", "a\0b"], step: .prepare, errno: EINVAL, text: "preparing the arguments"),
    Failure(arguments: ["/etc/passwd"], step: .execute, errno: EACCES, text: "executing '/etc/passwd': Permission denied (EACCES)"),
    Failure(arguments: ["/bin"], step: .execute, errno: EACCES, text: "executing '/bin': Permission denied (EACCES)"),
    Failure(
      arguments: ["/bin/true"], directory: "/no/such", step: .directory, errno: ENOENT,
      text: "changing directory '/no/such': No such file or directory (ENOENT)"),
    Failure(
      arguments: ["/bin/true"], directory: "/etc/passwd", step: .directory, errno: ENOTDIR, text: "changing directory '/etc/passwd'"),
    Failure(
      arguments: ["/bin/echo"] + Array(repeating: String(repeating: "x", count: 100_000), count: 100), step: .execute, errno: E2BIG,
      text: "executing '/bin/echo': Argument list too long (E2BIG)"),
  ]

  @Test("a failed start reports its step and errno", arguments: failures)
  func failure(_ failure: Failure) async throws {
    let rig = try Rig()
    let error = try await rig.recorder.error(of: rig.spawn(failure.arguments, directory: failure.directory))
    #expect(error.step == failure.step)
    #expect(error.errno == failure.errno)
    #expect(error.description.contains(failure.text))
  }

  @Test("a missing interpreter, a file that is no program, and one that is being written are reported as such")
  func files() async throws {
    let folder = try Folder()
    let rig = try Rig()
    let script = try await folder.script("script", "#!/no/interpreter\n")
    let missing = try await rig.recorder.error(of: rig.spawn([script]))
    #expect(missing.step == .execute && missing.errno == ENOENT)
    #expect(missing.description.contains("interpreter"))

    let text = try await folder.script("text", "hello\n")
    #expect(try await rig.recorder.error(of: rig.spawn([text])).errno == ENOEXEC)

    let writing = open(text, O_WRONLY | O_CLOEXEC)
    defer { close(writing) }
    #expect(try await rig.recorder.error(of: rig.spawn([text])).errno == ETXTBSY)
  }

  @Test("a limit that cannot be set is a failed start")
  func limitFailure() async throws {
    let rig = try Rig()
    let key = rig.key()
    rig.table.spawn(
      SpawnRequest(arguments: ["/bin/true"], setup: ProcessSetup(descriptorLimit: DescriptorLimit(soft: 10, hard: 5))), as: key)
    let error = try await rig.recorder.error(of: key)
    #expect(error.step == .limit && error.errno == EINVAL)
  }

  @Test("without a free descriptor a start fails, and the next one with a descriptor succeeds")
  func noDescriptor() async throws {
    try await #require(processExitsWith: .success) {
      let rig = try Rig()
      _ = try await rig.recorder.exit(of: rig.spawn(["/bin/true"]))
      try await runTimer()
      var limit = rlimit(rlim_cur: 3, rlim_max: rlim_t(try DescriptorLimit.current().hard))
      #expect(setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0)
      let keys = (0..<50).map { _ in rig.spawn(["/bin/true"]) }
      try await rig.recorder.wait(for: "50 failures") { events in keys.allSatisfy { events.error(of: $0) != nil } }
      limit.rlim_cur = 1000
      #expect(setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0)
      for key in keys {
        let error = try await rig.recorder.error(of: key)
        #expect(error.step == .process && error.errno == EMFILE)
      }
      #expect(try await rig.recorder.exit(of: rig.spawn(["/bin/true"])) == .code(0))
    }
  }
}
