// The properties of a process: user, limits, niceness and others, and the errors where they cannot be set.

import Glibc
import Linux
import Orchestration
import Processes
import ServiceLogs
import TestSupport
import Testing

@Suite struct SetupTests {
  private static let isRoot = geteuid() == 0

  /// The output of a program with a setup of its own.
  private func said(
    by script: String, _ setup: ProcessSetup, environment: [EnvironmentVariable] = [Rig.path], directory: String = "/"
  ) async throws -> String {
    let rig = try Rig()
    let hearing = try Hearing()
    let key = rig.key()
    rig.table.spawn(
      SpawnRequest(
        arguments: ["/bin/sh", "-c", script], environment: environment, directory: directory, output: hearing.output, setup: setup), as: key
    )
    _ = try await rig.recorder.spawned(key)
    let text = try await hearing.all()
    try await rig.recorder.emptied(key)
    return text
  }

  private func error(
    _ setup: ProcessSetup, arguments: [String] = ["/bin/true"], environment: [EnvironmentVariable] = [Rig.path], directory: String = "/"
  ) async throws -> SpawnError {
    let rig = try Rig()
    let key = rig.key()
    rig.table.spawn(SpawnRequest(arguments: arguments, environment: environment, directory: directory, setup: setup), as: key)
    return try await rig.recorder.error(of: key)
  }

  @Test("umask, core limit, niceness, oom_score_adj and no_new_privs are set as requested")
  func everything() async throws {
    let setup = ProcessSetup(umask: 0o027, coreLimit: 0, nice: 7, oomScoreAdjustment: 321, noNewPrivileges: true)
    let script = """
      umask; ulimit -Sc; ulimit -Hc; cut -d' ' -f19 /proc/$$/stat; cat /proc/$$/oom_score_adj; grep NoNewPrivs /proc/$$/status
      """
    let text = try await said(by: script, setup)
    #expect(text == "0027\n0\n0\n7\n321\nNoNewPrivs:\t1\n")
  }

  @Test("properties that are not requested stay as they are here")
  func nothing() async throws {
    let script = "umask; cat /proc/$$/oom_score_adj; grep NoNewPrivs /proc/$$/status; id -u; id -g"
    let here = try #require(contents("/proc/self/oom_score_adj"))
    let mask = umask(0o022)
    umask(mask)
    let text = try await said(by: script, ProcessSetup())
    let octal = String(mask, radix: 8)
    let written = String(repeating: "0", count: 4 - octal.count) + octal
    #expect(text == "\(written)\n\(here)NoNewPrivs:\t0\n\(geteuid())\n\(getegid())\n")
  }

  @Test("a process gets its user with all groups, and the user's variables", .enabled(if: isRoot))
  func user() async throws {
    let script = "id -un; id -gn; grep -E '^(Uid|Gid|Groups)' /proc/$$/status; echo $HOME $USER $LOGNAME $SHELL"
    let entry = try #require(getpwnam("nobody")).pointee
    let (home, shell) = (String(cString: entry.pw_dir), String(cString: entry.pw_shell))
    let (uid, gid) = ("\(entry.pw_uid)", "\(entry.pw_gid)")
    let lines = try await said(by: script, ProcessSetup(user: "nobody")).split(separator: "\n").map(String.init)
    #expect(lines[0] == "nobody")
    #expect(lines[2].split(separator: "\t") == ["Uid:", uid[...], uid[...], uid[...], uid[...]])
    #expect(lines[3].split(separator: "\t") == ["Gid:", gid[...], gid[...], gid[...], gid[...]])
    #expect(lines[4].split(whereSeparator: { $0 == "\t" || $0 == " " }).dropFirst().contains(gid[...]))
    #expect(lines[5] == "\(home) nobody nobody \(shell)")
  }

  @Test("a user and a group by number, and variables of the request, stay as they are given", .enabled(if: isRoot))
  func numbers() async throws {
    let setup = ProcessSetup(user: "4242", group: "4343")
    let text = try await said(
      by: "id -u; id -g; id -G; echo $HOME-$USER", setup, environment: [Rig.path, "HOME=/srv", "USER=me"])
    #expect(text == "4242\n4343\n4343\n/srv-me\n")
    let own = try await said(by: "id -u; id -g; echo $HOME", ProcessSetup(user: "nobody", group: "0"), environment: [Rig.path, "HOME=/x"])
    #expect(own == "\(try #require(getpwnam("nobody")).pointee.pw_uid)\n0\n/x\n")
  }

  @Test("a group alone leaves the user", .enabled(if: isRoot))
  func group() async throws {
    #expect(try await said(by: "id -u; id -g", ProcessSetup(group: "4343")) == "0\n4343\n")
  }

  @Test("our own user and group need no privilege")
  func ownUser() async throws {
    let setup = ProcessSetup(user: "\(geteuid())", group: "\(getegid())")
    #expect(try await said(by: "id -u; id -g", setup) == "\(geteuid())\n\(getegid())\n")
  }

  @Test("a user or group that does not exist is a failed start that names it")
  func unknown() async throws {
    let user = try await error(ProcessSetup(user: "no-such-user"))
    #expect(user.step == .user)
    #expect(user.description == "changing the user 'no-such-user': there is no such user")
    let group = try await error(ProcessSetup(group: "no-such-group"))
    #expect(group.step == .group)
    #expect(group.description == "changing the group 'no-such-group': there is no such group")
    let number = try await error(ProcessSetup(user: "4242"))
    #expect(number.step == .user && number.description.contains("its group has to be named"))
  }

  @Test("a property that needs root is reported as such", .enabled(if: isRoot))
  func privileges() async throws {
    try await #require(processExitsWith: .success) {
      let rig = try Rig()
      #expect(setregid(65534, 65534) == 0 && setreuid(65534, 65534) == 0)
      func failure(_ setup: ProcessSetup) async throws -> SpawnError {
        let key = rig.key()
        rig.table.spawn(SpawnRequest(arguments: ["/bin/true"], environment: [Rig.path], setup: setup), as: key)
        return try await rig.recorder.error(of: key)
      }
      let hard = try DescriptorLimit.current().hard
      for (setup, step, text) in [
        (
          ProcessSetup(user: "root"), SpawnStep.user,
          "changing the user 'root': Operation not permitted (EPERM); only root may change the user"
        ),
        (ProcessSetup(group: "0"), .group, "changing the group '0': Operation not permitted (EPERM); only root may change the group"),
        (ProcessSetup(nice: -5), .nice, "setting the niceness '-5'"),
        (ProcessSetup(oomScoreAdjustment: -900), .oomScore, "setting oom_score_adj '-900'"),
        (
          ProcessSetup(descriptorLimit: DescriptorLimit(soft: hard + 1, hard: hard + 1)), .limit,
          "only root may raise the hard limit, which is \(hard)"
        ),
      ] {
        let error = try await failure(setup)
        #expect(error.step == step)
        #expect(error.description.contains(text), "\(error)")
      }
      let key = rig.key()
      let setup = ProcessSetup(user: "nobody", group: "65534", nice: 3, noNewPrivileges: true)
      rig.table.spawn(SpawnRequest(arguments: ["/bin/true"], environment: [Rig.path], setup: setup), as: key)
      let exit = try await rig.recorder.exit(of: key)
      #expect(exit == .code(0))
    }
  }

  @Test("a script whose interpreter is missing, barred or no program is not blamed itself")
  func interpreters() async throws {
    let folder = try Folder()
    func hint(_ first: String) async throws -> String {
      try await error(ProcessSetup(), arguments: [folder.script("tool", "\(first)\necho mine\n")]).hint
    }
    #expect(
      try await hint("#!/no/such/python -u") == "the file is there, but the interpreter '/no/such/python' that it names does not exist")
    #expect(try await hint("#! \(folder.path)/python").contains("the interpreter '\(folder.path)/python' that it names does not exist"))
    #expect(try await hint("#!/bin/sh\r") == "its first line ends with a carriage return: save it with the line ends of Unix")
    let plain = try await folder.script("plain", "text\n")
    #expect(chmod(plain, 0o644) == 0)
    let closed =
      "its interpreter '\(plain)' cannot be executed: Stoker's user may not execute it: no permission to execute is set (chmod +x)"
    #expect(try await hint("#!\(plain)") == closed)
    #expect(try await hint("#!\(folder.path)") == "its interpreter '\(folder.path)' cannot be executed: it is a folder")
    #expect(symlink("/gone/python", "\(folder.path)/link") == 0)
    let dangling = try await hint("#!\(folder.path)/link")
    #expect(dangling == "its interpreter '\(folder.path)/link' cannot be executed: it is a link to '/gone/python', which does not exist")
    let missing = try await error(ProcessSetup(), arguments: ["\(folder.path)/gone/tool"])
    #expect(missing.hint.isEmpty)
    let below = try await error(ProcessSetup(), arguments: ["\(plain)/tool"])
    #expect(below.hint == "'\(plain)' is no folder")
  }

  @Test("a program or a folder that is barred to the user is reported as such, though we could use it", .enabled(if: isRoot))
  func barred() async throws {
    let folder = try Folder()
    let script = try await folder.script("tool", "#!/bin/sh\necho mine\n")
    #expect(chmod(folder.path, 0o700) == 0)
    let setup = ProcessSetup(user: "nobody")
    let program = try await error(setup, arguments: [script])
    #expect(program.step == .execute && program.errno == EACCES)
    #expect(program.description.hasSuffix("; the user 'nobody' may not execute it, since it may not enter the folder '\(folder.path)'"))
    let directory = try await error(setup, directory: folder.path)
    #expect(directory.step == .directory && directory.description.contains("the user 'nobody' may not enter it"))
    // Found by us, but the user's shell would go on to the next folder: so does the start.
    let search: EnvironmentVariable = "PATH=\(folder.path):/nowhere"
    let found = try await error(setup, arguments: ["tool"], environment: [search])
    #expect(found.step == .execute && found.subject == script)
    let other = try Folder()
    _ = try await other.script("tool", "#!/bin/sh\necho theirs\n")
    #expect(chmod(other.path, 0o755) == 0)
    let rig = try Rig()
    let hearing = try Hearing()
    let key = rig.key()
    rig.table.spawn(
      SpawnRequest(arguments: ["tool"], environment: ["\(search):\(other.path)"], output: hearing.output, setup: setup), as: key)
    #expect(try await hearing.all() == "theirs\n")
    #expect(try await rig.recorder.exit(of: key) == .code(0))
  }

  @Test("output that cannot be opened at the start is a failed start, and its descriptors are closed again")
  func opening() async throws {
    let rig = try Rig()
    let failed = rig.spawn(["/bin/true"], output: .opening { (_) throws(LogError) in throw LogError.closed })
    let error = try await rig.recorder.error(of: failed)
    #expect(error.step == .descriptors)
    #expect(error.description == "placing the descriptors: \(LogError.closed)")
    let hearing = try Hearing()
    guard case .owned(let ends) = hearing.output else { return }
    let key = rig.shell("echo heard", output: .opening { (_) throws(LogError) in ends })
    // Read to its end: all writers have closed it.
    #expect(try await hearing.all() == "heard\n")
    try await rig.recorder.emptied(key)
  }
}
