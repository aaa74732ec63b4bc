// The effects of a reload, row by row.
import Orchestration
import Testing

@testable import ServiceFile

@Suite("The difference of two service files")
struct DiffTests {
  /// A change of one key: what service `a` has before and after, and what is said of it.
  struct Row: CustomTestStringConvertible, Sendable {
    var before: String
    var after: String
    var reasons: [String]
    var isCheckReplaced = false

    init(_ before: String, _ after: String, _ reasons: String..., check: Bool = false) {
      self.before = before
      self.after = after
      self.reasons = reasons
      isCheckReplaced = check
    }

    var testDescription: String { "\(before) -> \(after)" }
  }

  @Test("what a change says depends on the state of the service: no restart where there is no process, a start or a stop by `enabled`")
  func effects() {
    func taken(_ action: ServiceChange.Action, _ effect: ReloadEffect) -> ServiceChange.Action {
      ServiceChange(name: "a", before: ServiceID(0), after: ServiceID(0), action: action).taking(effect).action
    }
    let restarted = ServiceChange.Action.restarted(reasons: ["command"], others: ["enabled", "critical"])
    #expect(taken(restarted, .restarts) == restarted)
    #expect(taken(restarted, .stays) == .deferred(reasons: ["command"], others: ["enabled", "critical"]))
    #expect(taken(restarted, .starts) == .started(others: ["command", "critical"]))
    #expect(taken(restarted, .stops) == .stopped(others: ["command", "critical"]))
    #expect(taken(.updated(reasons: ["enabled"]), .stays) == .updated(reasons: ["enabled"]))
    #expect(taken(.updated(reasons: ["enabled"]), .stops) == .stopped(others: []))
    #expect(taken(.updated(reasons: ["enabled"]), .starts) == .started(others: []))
    for action in [ServiceChange.Action.added, .removed, .unchanged] { #expect(taken(action, .stays) == action) }
  }

  static let restarts = [
    Row("command: [x]", "command: [y]", "command"),
    Row("command: [x]", "command: x", "command"),
    Row("directory: /a", "directory: /b", "directory"),
    Row("environment: {A: 1, B: 2}", "environment: {B: 3, A: 1}", "environment.B"),
    Row("environment: {B: 1}", "environment: {A: 1}", "environment.A", "environment.B"),
    Row("", "environment_file: a.env", "environment_file"),
    Row("user: fog", "user: dao", "user"),
    Row("group: fog", "", "group"),
    Row("umask: 027", "umask: 022", "umask"),
    Row("", "limits: {nofile: 5}", "limits.nofile"),
    Row("limits: {core: 0}", "limits: {core: 1}", "limits.core"),
    Row("nice: 1", "nice: 2", "nice"),
    Row("oom_score_adj: 1", "oom_score_adj: 2", "oom_score_adj"),
    Row("", "no_new_privileges: true", "no_new_privileges"),
    Row("", "ready: {notify: s6}", "ready.notify"),
    Row("ready: {notify: s6}", "ready: {notify: systemd}", "ready.notify"),
    Row("ready: {log: a}", "ready: {log: b}", "ready.log"),
    Row("ready: {log: a}", "ready: {notify: s6}", "ready.notify", "ready.log"),
    Row("ready: {notify: systemd}", "ready: {notify: systemd, from: main}", "ready.from"),
    Row("watchdog: 1s", "watchdog: 2s", "watchdog"),
    Row("kind: forking\npid_file: a", "kind: forking\npid_file: b", "pid_file"),
    Row("", "log: {mode: direct}", "log.mode"),
    Row("log: {path: a.log}", "log: {path: none}", "log.path"),
    Row("log: {streams: split}", "log: {streams: merged}", "log.streams"),
    Row("", "log: {stderr_path: a.err}", "log.stderr_path"),
    Row("log: {stderr_path: a.err}", "log: {stderr_path: none}", "log.stderr_path"),
    Row("", "log: {shared: true}", "log.shared"),
    Row("", "stdin: keep_open", "stdin"),
    Row("stdin: keep_open", "tty: true", "tty"),
  ]

  static let updates = [
    Row("description: a", "description: b", "description"),
    Row("", "type: b", "type"),
    Row("version: 1", "version: 2", "version"),
    Row("labels: {a: 1, b: 1}", "labels: {b: 2, c: 1}", "labels.a", "labels.b", "labels.c"),
    Row("critical: true", "critical: false", "critical"),
    Row("enabled: true", "enabled: false", "enabled"),
    Row("layer: 1", "layer: 2", "layer"),
    Row("limits: {memory: 1MB}", "limits: {memory: 2MB}", "limits.memory"),
    Row("limits: {tasks: 1}", "limits: {tasks: 2}", "limits.tasks"),
    Row("limits: {cpu: 1}", "limits: {}", "limits.cpu"),
    Row("ready: {timeout: 1s}", "ready: {timeout: 2s}", "ready.timeout"),
    Row("runtime_max: 1h", "runtime_max: 2h", "runtime_max"),
    Row("heartbeat: {interval: 1s}", "heartbeat: {interval: 2s}", "heartbeat.interval"),
    Row("heartbeat: {timeout: 1s}", "heartbeat: {timeout: 2s}", "heartbeat.timeout"),
    Row("restart: {policy: never}", "restart: {policy: always}", "restart.policy"),
    Row("restart: {max_attempts: 1}", "restart: {max_attempts: unlimited}", "restart.max_attempts"),
    Row("restart: {backoff: {base: 1s}}", "restart: {backoff: {base: 3s}}", "restart.backoff.base"),
    Row("restart: {backoff: {factor: 1}}", "restart: {backoff: {factor: 3}}", "restart.backoff.factor"),
    Row("restart: {backoff: {max: 1m}}", "restart: {backoff: {max: 2m}}", "restart.backoff.max"),
    Row("restart: {backoff: {jitter: 0}}", "restart: {backoff: {jitter: 1}}", "restart.backoff.jitter"),
    Row("restart: {reset_after: 1s}", "restart: {reset_after: 2s}", "restart.reset_after"),
    Row("restart: {success_exit_codes: [0, 1]}", "restart: {success_exit_codes: [0, 2]}", "restart.success_exit_codes"),
    Row("stop: {signal: TERM}", "stop: {signal: INT}", "stop.signal"),
    Row("stop: {timeout: 1s}", "stop: {timeout: 2s}", "stop.timeout"),
    Row("stop: {scope: group}", "stop: {scope: process}", "stop.scope"),
    Row("stop: {command: [x]}", "stop: {command: [y]}", "stop.command"),
    Row("reload: {signal: HUP}", "reload: {signal: USR1, check: [x]}", "reload.signal", "reload.check"),
    Row("reload: {signal: HUP}", "reload: {command: [x], timeout: 5s}", "reload.signal", "reload.command", "reload.timeout"),
    Row("stop: {command: [x]}", "stop: {signal: none, command: [x]}", "stop.signal"),
    Row("hooks: {pre_start: [x], post_start: [x]}", "hooks: {pre_start: [y]}", "hooks.pre_start", "hooks.post_start"),
    Row("hooks: {pre_stop: [x], post_stop: [x]}", "hooks: {pre_stop: [y], post_stop: [y]}", "hooks.pre_stop", "hooks.post_stop"),
    Row("log: {max_size: 1MB}", "log: {max_size: 2MB}", "log.max_size"),
    Row("log: {max_files: 1}", "log: {max_files: 2}", "log.max_files"),
    Row("log: {timestamps: true}", "log: {timestamps: false}", "log.timestamps"),
    Row("log: {memory_lines: 1}", "log: {memory_lines: 2}", "log.memory_lines"),
    Row("endpoints: {a: \"http://h/\"}", "endpoints: {a: \"http://i/\", b: \"http://h/\"}", "endpoints.a", "endpoints.b"),
    Row("", "metrics: {port: 1}", "metrics"),
    Row("metrics: {port: 1}", "metrics: {port: 2}", "metrics.port"),
    Row("metrics: {port: 1}", "metrics: {port: 1, path: /m}", "metrics.path"),
    Row("health: {heartbeat: {}, history: 1}", "health: {heartbeat: {}, history: 2}", "health.history"),
  ]

  static let checks = [
    Row("", "health: {heartbeat: {}}", "health", check: true),
    Row("health: {heartbeat: {}}", "health: {heartbeat: {}, enabled: false}", "health", check: true),
    Row("health: {tcp: {address: \"h:1\"}}", "health: {heartbeat: {}}", "health.tcp", "health.heartbeat", check: true),
    Row("health: {http: {url: \"http://a/\"}}", "health: {http: {url: \"http://b/\"}}", "health.http.url", check: true),
    Row(http("method: GET"), http("method: HEAD"), "health.http.method", check: true),
    Row(http("status: 200"), http("status: 204"), "health.http.status", check: true),
    Row(http("body: a"), http("body: b"), "health.http.body", check: true),
    Row(http("headers: {A: secret}"), http("headers: {A: hunter2}"), "health.http.headers.A", check: true),
    Row(http("follow_redirects: 0"), http("follow_redirects: 1"), "health.http.follow_redirects", check: true),
    Row("health: {tcp: {address: \"h:1\"}}", "health: {tcp: {address: \"h:2\"}}", "health.tcp.address", check: true),
    Row(tcp("send: a"), tcp("send: b"), "health.tcp.send", check: true),
    Row(tcp("expect: a"), tcp("expect: b"), "health.tcp.expect", check: true),
    Row("health: {exec: {command: [x]}}", "health: {exec: {command: [y]}}", "health.exec.command", check: true),
    Row(exec("directory: /a"), exec("directory: /b"), "health.exec.directory", check: true),
    Row(exec("environment: {A: 1}"), exec("environment: {A: 2}"), "health.exec.environment.A", check: true),
    Row("health: {file: {path: a}}", "health: {file: {path: b}}", "health.file.path", check: true),
    Row("health: {file: {path: a}}", "health: {file: {path: a, max_age: 1m}}", "health.file.max_age", check: true),
    Row(beat("interval: 1s"), beat("interval: 2s"), "health.interval", check: true),
    Row(beat("timeout: 1s"), beat("timeout: 2s"), "health.timeout", check: true),
    Row(beat("failure_threshold: 1"), beat("failure_threshold: 2"), "health.failure_threshold", check: true),
    Row(beat("recovery_threshold: 1"), beat("recovery_threshold: 3"), "health.recovery_threshold", check: true),
    Row(beat("start_period: 1s"), beat("start_period: 2s"), "health.start_period", check: true),
    Row(beat("start_interval: 2s"), beat("start_interval: 3s"), "health.start_interval", check: true),
    Row(beat("auto_recovery: true"), beat("auto_recovery: false"), "health.auto_recovery", check: true),
  ]

  private static func http(_ key: String) -> String { "health: {http: {url: \"http://h/\", \(key)}}" }
  private static func tcp(_ key: String) -> String { "health: {tcp: {address: \"h:1\", \(key)}}" }
  private static func exec(_ key: String) -> String { "health: {exec: {command: [x], \(key)}}" }
  private static func beat(_ key: String) -> String { "health: {heartbeat: {}, \(key)}" }

  private func diff(_ before: String, _ after: String) throws -> ServiceFileDiff {
    ServiceFileDiff(from: try read(before), to: try read(after))
  }

  /// The change of service `a` with these keys.
  private func change(_ before: String, _ after: String) throws -> ServiceChange {
    func file(_ keys: String) -> String { keys.hasPrefix("command:") ? oneService("", command: keys) : oneService(keys) }
    let diff = try diff(file(before), file(after))
    try #require(diff.services.count == 1)
    #expect(diff.supervisor.isEmpty)
    return diff.services[0]
  }

  @Test("what a process was given at its spawn needs a restart", arguments: restarts)
  func restart(row: Row) throws {
    let action = ServiceChange.Action.restarted(reasons: row.reasons, others: [])
    for (before, after) in [(row.before, row.after), (row.after, row.before)] {
      #expect(
        try change(before, after) == ServiceChange(name: "a", before: ServiceID(0), after: ServiceID(0), action: action))
    }
  }

  @Test("what Stoker itself goes by needs none, and a check is replaced", arguments: updates + checks)
  func update(row: Row) throws {
    let change = try change(row.before, row.after)
    #expect(change.action == .updated(reasons: row.reasons))
    #expect(change.isCheckReplaced == row.isCheckReplaced)
    // And back: of two kinds of check the one that goes is named first.
    let back = try self.change(row.after, row.before)
    let isOtherKind = row.reasons.contains("health.heartbeat")
    #expect(back.action == .updated(reasons: isOtherKind ? row.reasons.reversed() : row.reasons))
    #expect(back.isCheckReplaced == row.isCheckReplaced)
  }

  @Test(
    "what means the same is no change",
    arguments: [
      ("environment: {A: 1, B: 2}", "environment: {B: 2, A: 1}"),
      ("health: {exec: {command: [x], environment: {A: 1, B: 2}}}", "health: {exec: {command: [x], environment: {B: 2, A: 1}}}"),
      ("health: {http: {url: \"http://h/\", headers: {A: 1, B: 2}}}", "health: {http: {url: \"http://h/\", headers: {B: 2, A: 1}}}"),
      ("restart: {success_exit_codes: [0, 1]}", "restart: {success_exit_codes: [1, 0]}"),
      ("directory: /srv/fog/x", "directory: ./x"), ("stop: {signal: SIGTERM, timeout: 30}", "stop: {timeout: 30s}"),
      ("", "critical: true\nenabled: true\nkind: process\ntype: a\nhooks: {}\nlimits: {}\nready: {timeout: 60s}"),
      ("umask: 027", "umask: \"0027\""), ("log: {max_size: 10MB}", "log: {max_size: 10000000}"), ("", "# a comment"),
    ])
  func same(before: String, after: String) throws {
    let change = try change(before, after)
    #expect(change.action == .unchanged)
    #expect(!change.isCheckReplaced)
  }

  @Test("a restart names what made it necessary, and what changed beside that, each in the file's order")
  func both() throws {
    let change = try change(
      "nice: 1\ndescription: a\nhealth: {heartbeat: {}, interval: 1s}\nenvironment: {LOG_LEVEL: info}",
      "nice: 2\ndescription: b\nhealth: {heartbeat: {}, interval: 2s}\nenvironment: {LOG_LEVEL: debug}")
    #expect(change.action == .restarted(reasons: ["environment.LOG_LEVEL", "nice"], others: ["description", "health.interval"]))
    #expect(change.isCheckReplaced)
  }

  @Test("another kind needs a restart, with what follows from the kind")
  func kinds() throws {
    #expect(
      try change("kind: process", "kind: oneshot").action == .restarted(reasons: ["kind"], others: ["restart.policy"]))
    let external = "version: 1\nservices:\n  a: {kind: external, health: {heartbeat: {}}}\n"
    #expect(
      try diff(external, oneService("health: {heartbeat: {}}")).services[0].action == .restarted(reasons: ["kind", "command"], others: []))
  }

  @Test("a mode of the log that forbids times and split streams does not name them too")
  func mode() throws {
    #expect(try change("log: {mode: direct}", "log: {streams: split}").action == .restarted(reasons: ["log.mode"], others: []))
    #expect(try change("log: {mode: direct}", "log: {mode: direct, streams: merged}").action == .unchanged)
    #expect(try change("log: {mode: direct}", "log: {timestamps: true}").action == .restarted(reasons: ["log.mode"], others: []))
  }

  @Test("a check of an external service is replaced when the ground that its command stands on changes; nothing is restarted")
  func external() throws {
    func file(_ keys: String) -> String {
      "version: 1\nservices:\n  a: {kind: external, health: {exec: {command: [x]}}, \(keys)}\n"
    }
    for keys in ["environment: {A: 1}", "environment_file: x.env", "directory: /x"] {
      let change = try diff(file(""), file(keys)).services[0]
      #expect(change.action == .updated(reasons: [keys.hasPrefix("environment:") ? "environment.A" : String(keys.prefix { $0 != ":" })]))
      #expect(change.isCheckReplaced)
    }
  }

  @Test("a check that runs where its service does moves with it, and is not named for that")
  func movingCheck() throws {
    let change = try change("directory: /a\nhealth: {exec: {command: [x]}}", "directory: /b\nhealth: {exec: {command: [x]}}")
    #expect(change.action == .restarted(reasons: ["directory"], others: []))
    #expect(change.isCheckReplaced)
  }
}
