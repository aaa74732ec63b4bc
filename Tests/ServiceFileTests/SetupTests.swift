// Attributes of a service's process: user, masks, limits, hooks, readiness, the mode of its log.
import Orchestration
import Testing

@testable import ServiceFile

@Suite("A service's process")
struct SetupTests {
  private func service(_ lines: String) throws -> ServiceDefinition {
    try read(oneService(lines)).services[0]
  }

  @Test(
    "a user or a group is a name or a number",
    arguments: [
      ("fog", true), ("0", true), ("1000", true), ("4294967294", true), ("_apt", true), ("www-data", true), ("fog$", true), ("9fog", true),
      ("fog@example.org", true), ("\"EXAMPLE\\\\fog\"", true), ("müller", true), ("4294967295", false), ("007", false), ("-1", false),
      ("+1", false), ("\"\"", false), ("a:b", false), ("a/b", false), ("\"a b\"", false), ("\"a\\tb\"", false), ("..", false),
      ("[a]", false),
      ("~", false), ("\"a,b\"", false),
    ])
  func accounts(text: String, isGood: Bool) throws {
    for key in ["user", "group"] {
      let said = faults(oneService("\(key): \(text)"))
      #expect(said.isEmpty == isGood, "\(said)")
      #expect(said.allSatisfy { $0.hasPrefix("5:\(key.utf8.count + 7): '\(key)' of service 'a' must be ") })
    }
  }

  @Test("a number stays the text that was written, as it is looked up at each start")
  func accountTexts() throws {
    let setup = try service("user: 1000\ngroup: fog").setup
    #expect(setup.user == "1000")
    #expect(setup.group == "fog")
    #expect(AccountText.number(of: "1000") == 1000)
    #expect(AccountText.number(of: "fog") == nil)
  }

  @Test(
    "a mask is octal, quoted or not",
    arguments: [("027", 0o027), ("\"027\"", 0o027), ("22", 0o022), ("0", 0), ("0777", 0o777), ("\"0002\"", 0o002)] as [(String, UInt32)])
  func mask(text: String, mask: UInt32) throws {
    #expect(try service("umask: \(text)").setup.umask == mask)
  }

  @Test("what is no mask is refused", arguments: ["888", "1000", "-27", "+27", "0o27", "rwx", "00027", "\"\"", "[27]", "~", "2.7"])
  func noMask(text: String) {
    let said = faults(oneService("umask: \(text)"))
    #expect(said.count == 1)
    #expect(said.first?.hasPrefix("5:12: 'umask' of service 'a' must be t") == true)
  }

  @Test("each limit is read by itself, at its least and beyond")
  func limits() throws {
    #expect(try service("limits: {nofile: 1}").setup.limits == LimitsSection(descriptors: 1))
    #expect(try service("limits: {core: 0}").setup.limits == LimitsSection(core: 0))
    #expect(try service("limits: {core: 1GiB}").setup.limits == LimitsSection(core: 1 << 30))
    #expect(try service("limits: {memory: 4096}").setup.limits == LimitsSection(memory: 4096))
    #expect(try service("limits: {tasks: 1}").setup.limits == LimitsSection(tasks: 1))
    #expect(try service("limits: {cpu: 16}").setup.limits == LimitsSection(cpu: 16))
    #expect(try service("limits: {}").setup == SetupSection())
    #expect(try service("nice: -20\noom_score_adj: 1000").setup == SetupSection(nice: -20, oomScoreAdjustment: 1000))
    #expect(try service("nice: 19\noom_score_adj: -1000").setup == SetupSection(nice: 19, oomScoreAdjustment: -1000))
    #expect(try service("no_new_privileges: false").setup == SetupSection())
  }

  @Test("limits of the defaults merge with a service's own")
  func mergedLimits() throws {
    let file = try read(
      "version: 1\ndefaults: {limits: {nofile: 5, cpu: 1}, user: fog}\nservices:\n  a: {command: [x], limits: {cpu: 2}, user: dao}\n")
    #expect(file.services[0].setup == SetupSection(user: "dao", limits: LimitsSection(descriptors: 5, cpu: 2)))
  }

  @Test(
    "an impossible value is refused",
    arguments: [
      ("limits: 5", "5:13: 'limits' of service 'a' must be a mapping, not '5'"),
      ("limits: {nofiles: 1}", "5:14: unknown key 'nofiles' in 'limits' of service 'a'; did you mean 'nofile'?"),
      ("limits: {nofile: 0}", "5:22: 'limits.nofile' of service 'a' must be at least 1, not '0'"),
      ("limits: {nofile: 4k}", "5:22: 'limits.nofile' of service 'a' must be a whole number at least 1, not '4k'"),
      ("limits: {core: -1}", "5:20: 'limits.core' of service 'a' must be a size such as 64KiB, 10MB or a number of bytes, not '-1'"),
      ("limits: {memory: 512}", "5:22: 'limits.memory' of service 'a' must be at least 4096 bytes, not '512'"),
      ("limits: {tasks: 0}", "5:21: 'limits.tasks' of service 'a' must be at least 1, not '0'"),
      ("limits: {cpu: 0}", "5:19: 'limits.cpu' of service 'a' must be a number from 0.001 to 100000, not '0'"),
      ("limits: {cpu: 50%}", "5:19: 'limits.cpu' of service 'a' must be a number from 0.001 to 100000, not '50%'"),
      ("nice: 20", "5:11: 'nice' of service 'a' must be from -20 to 19, not '20'"),
      ("nice: -21", "5:11: 'nice' of service 'a' must be from -20 to 19, not '-21'"),
      ("oom_score_adj: 1001", "5:20: 'oom_score_adj' of service 'a' must be from -1000 to 1000, not '1001'"),
      ("oom_score_adj: low", "5:20: 'oom_score_adj' of service 'a' must be a whole number from -1000 to 1000, not 'low'"),
      ("no_new_privileges: \"yes\"", "5:24: 'no_new_privileges' of service 'a' must be true or false, not the quoted text 'yes'"),
      ("watchdog: 0", "5:15: 'watchdog' of service 'a' must be longer than 0, not '0'"),
      (
        "watchdog: soon",
        "5:15: 'watchdog' of service 'a' must be a duration such as 500ms, 2s, 1h30m or a number of seconds, not 'soon'"
      ),
      (
        "hooks: {pre_start: {}}",
        "5:24: 'hooks.pre_start' of service 'a' must be a command: a list of arguments, or a line for /bin/sh, not a mapping"
      ),
      ("hooks: {post_stop: []}", "5:24: 'hooks.post_stop' of service 'a' must be a command, not an empty list"),
      ("hooks: {prestart: [x]}", "5:13: unknown key 'prestart' in 'hooks' of service 'a'; did you mean 'pre_start'?"),
      ("hooks: [x]", "5:12: 'hooks' of service 'a' must be a mapping, not a list"),
      ("stop: {command: []}", "5:21: 'stop.command' of service 'a' must be a command, not an empty list"),
      ("stop: {scope: tree}", "5:19: 'stop.scope' of service 'a' must be group or process, not 'tree'"),
      ("stop: {scope: proces}", "5:19: 'stop.scope' of service 'a' must be group or process, not 'proces'; did you mean 'process'?"),
      ("ready: {notify: upstart}", "5:21: 'ready.notify' of service 'a' must be systemd or s6, not 'upstart'"),
      ("ready: {notify: sytemd}", "5:21: 'ready.notify' of service 'a' must be systemd or s6, not 'sytemd'; did you mean 'systemd'?"),
      ("ready: {from: all}", "5:19: 'ready.from' of service 'a' must be any or main, not 'all'"),
      ("ready: {timeout: 0}", "5:22: 'ready.timeout' of service 'a' must be longer than 0, not '0'"),
      ("ready: {log: \"(\"}", "5:18: 'ready.log' of service 'a' is not a regular expression: Unmatched ( or \\("),
      ("ready: {log: \"\"}", "5:18: 'ready.log' of service 'a' must be text, not empty"),
      ("ready: {log: a, notify: s6}", "5:21: 'ready' of service 'a' has both 'notify' and 'log': a start is done by one of them"),
      ("ready: {when: now}", "5:13: unknown key 'when' in 'ready' of service 'a'"),
      ("ready: systemd", "5:12: 'ready' of service 'a' must be a mapping, not 'systemd'"),
      ("log: {mode: dircet}", "5:17: 'log.mode' of service 'a' must be pipe or direct, not 'dircet'; did you mean 'direct'?"),
    ])
  func refused(line: String, message: String) {
    #expect(faults(oneService(line)) == [message])
  }

  @Test("a back-reference in ready.log is refused, as it cannot be matched in linear time")
  func backReference() {
    #expect(
      faults(oneService("ready: {log: '(a)\\1'}")).first?.hasPrefix(
        "5:18: 'ready.log' of service 'a' is not a regular expression: back-references") == true)
  }

  @Test("a way of being ready of its own replaces that of the defaults, and the time stays")
  func mergedReadiness() throws {
    let text = "version: 1\ndefaults: {ready: {notify: systemd, timeout: 5s}}\nservices:\n"
    let services = try read(text + "  a: {command: [x], ready: {log: up}}\n  b: {command: [x]}\n  c: {command: [x], ready: {notify: s6}}\n")
      .services
    #expect(services.map(\.readiness) == [.log(pattern: "up"), .systemd, .s6])
    #expect(services.map(\.spec.start) == Array(repeating: StartPolicy(isNotified: true, timeout: .seconds(5)), count: 3))
  }

  @Test(
    "the main process alone is heard where the file says so and there is a socket",
    arguments: [
      ("", false), ("ready: {from: main}", false), ("ready: {notify: s6, from: main}", false), ("ready: {notify: systemd}", false),
      ("ready: {notify: systemd, from: any}", false), ("ready: {notify: systemd, from: main}", true),
      ("ready: {log: up, from: main}\nwatchdog: 1s", true), ("kind: oneshot\nready: {from: main}", false),
    ])
  func senders(line: String, isMainAlone: Bool) throws {
    #expect(try service(line).hearsMainAlone == isMainAlone)
  }

  @Test("hooks of the defaults merge with a service's own, and stop.command is the hook of the stop")
  func mergedHooks() throws {
    let file = try read(
      """
      version: 1
      defaults: {hooks: {pre_start: [a], post_stop: [b]}, stop: {command: [c]}}
      services:
        one: {command: [x], hooks: {pre_start: own}}
        two: {command: [x], stop: {command: [d], timeout: 5s}}
      """)
    #expect(file.services[0].hooks == [.preStart: ["/bin/sh", "-c", "own"], .postStop: ["b"], .stop: ["c"]])
    #expect(file.services[0].spec.hooks == [.preStart, .postStop, .stop])
    #expect(file.services[1].hooks == [.preStart: ["a"], .postStop: ["b"], .stop: ["d"]])
    #expect(file.services[1].spec.stop == StopPolicy(timeout: .seconds(5)))
  }

  @Test(
    "a service that writes its log itself needs a file, and Stoker neither sees its lines nor puts times before them",
    arguments: [
      (
        "", "log: {mode: direct, path: none}",
        ["5:31: 'log.path' of service 'a' must be a file with 'mode: direct', not 'none': the service writes to it itself"]
      ),
      (
        "log: {path: none}", "log: {mode: direct}",
        ["5:17: 'log.path' of service 'a' must be a file with 'mode: direct', not 'none': the service writes to it itself"]
      ),
      (
        "log: {mode: direct}", "log: {path: none}",
        ["5:17: 'log.path' of service 'a' must be a file with 'mode: direct', not 'none': the service writes to it itself"]
      ),
      (
        "", "log: {mode: direct, timestamps: true}",
        ["5:37: 'log.timestamps' of service 'a' cannot be true with 'mode: direct': the service writes its lines itself"]
      ),
      (
        "log: {mode: direct}", "log: {timestamps: true}",
        ["5:23: 'log.timestamps' of service 'a' cannot be true with 'mode: direct': the service writes its lines itself"]
      ),
      (
        "", "log: {mode: direct}, ready: {log: up}",
        ["5:34: 'ready.log' of service 'a' needs 'log.mode: pipe': with 'direct' the output does not come through Stoker"]
      ),
      (
        "ready: {log: up}", "log: {mode: direct}",
        ["5:11: 'ready.log' of service 'a' needs 'log.mode: pipe': with 'direct' the output does not come through Stoker"]
      ),
      (
        "", "log: {mode: direct, streams: split}",
        ["5:34: 'log.streams' of service 'a' cannot be split with 'mode: direct': the service writes both outputs into one file"]
      ),
      ("log: {streams: split}", "log: {mode: direct}", []),
      ("log: {shared: true, stderr_path: a.err}", "log: {mode: direct}", []),
      (
        "", "log: {mode: direct, shared: true}",
        ["5:33: 'log.shared' of service 'a' cannot be true with 'mode: direct': each service would rotate the file of the others"]
      ),
      (
        "", "log: {mode: direct, stderr_path: b.err}",
        ["5:38: 'log.stderr_path' of service 'a' needs 'mode: pipe' and 'streams: split': 'mode: direct' has one file"]
      ),
      (
        "", "log: {streams: merged, stderr_path: b.err}",
        ["5:41: 'log.stderr_path' of service 'a' needs 'mode: pipe' and 'streams: split': 'streams: merged' has both outputs in one"]
      ),
      ("log: {mode: direct, stderr_path: a.err}", "tty: true", []),
      ("", "tty: true, stdin: keep_open, log: {streams: merged}", []),
      (
        "", "tty: true, log: {mode: direct}",
        ["5:28: 'log.mode' of service 'a' cannot be direct with 'tty: true': a terminal needs somebody who reads it"]
      ),
      (
        "", "tty: true, log: {streams: split}",
        ["5:31: 'log.streams' of service 'a' cannot be split with 'tty: true': a terminal takes both outputs"]
      ),
      (
        "", "tty: true, log: {stderr_path: b.err}",
        ["5:35: 'log.stderr_path' of service 'a' needs 'mode: pipe' and 'streams: split': 'tty: true' has both outputs in one"]
      ),
      ("", "tty: true, stdin: empty", ["5:23: 'stdin' of service 'a' cannot be empty with 'tty: true': a terminal has no end"]),
      ("", "log: {mode: direct, streams: merged}", []),
      ("", "log: {streams: joined}", ["5:20: 'log.streams' of service 'a' must be split or merged, not 'joined'"]),
      ("log: {timestamps: true}", "log: {mode: direct}", []),
      ("log: {mode: direct, timestamps: true}", "log: {mode: pipe, path: none}, ready: {log: up}", []),
      ("log: {mode: direct}", "ready: {notify: s6}", []),
      ("", "log: {mode: direct, timestamps: maybe}", ["5:37: 'log.timestamps' of service 'a' must be true or false, not 'maybe'"]),
    ])
  func direct(defaults: String, line: String, expected: [String]) {
    let text = "version: 1\ndefaults: {\(defaults)}\nservices:\n  a: {command: [x],\n    \(line)}\n"
    #expect(faults(text) == expected)
  }

  @Test("times that only the defaults ask for are not written where the service writes itself, but are where Stoker does")
  func timestamps() throws {
    let file = try read(
      "version: 1\ndefaults: {log: {mode: direct, timestamps: true}}\nservices:\n  a: {command: [x]}\n  b: {command: [x], log: {mode: pipe}}\n"
    )
    #expect(file.services.map(\.log.timestamps) == [false, true])
  }
}
