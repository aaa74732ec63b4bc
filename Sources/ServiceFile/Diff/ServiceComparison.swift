// Two states of one service, key by key.
import Orchestration

/// Compares a service with its earlier state. Only this file and ServiceComparison+Health.swift decide whether a key needs a restart: a key that reaches the process at its
/// spawn does, a key that only Stoker reads does not.
struct ServiceComparison {
  let old: ServiceDefinition
  let new: ServiceDefinition
  /// The edges by name, with the section in place of an instance.
  private let oldDependencies: [String: (shown: String, edge: Dependency)]
  private let newDependencies: [(name: String, shown: String, edge: Dependency)]
  /// The endpoints that changed, for each service of the new file.
  private let movedEndpoints: [[String]]
  private var restarts: [String] = []
  private var updates: [String] = []
  /// The fast path for most services of most reloads. Dependencies are left out: their numbers differ between files.
  private let isSame: Bool

  init(_ old: ServiceFileDiff.Side, _ new: ServiceFileDiff.Side, _ movedEndpoints: [[String]]) {
    self.old = old.service
    self.new = new.service
    self.movedEndpoints = movedEndpoints
    oldDependencies = Dictionary(
      Self.edges(of: old).map { ($0.name, ($0.shown, $0.edge)) }, uniquingKeysWith: { first, _ in first })
    newDependencies = Self.edges(of: new)
    var (left, right) = (old.service, new.service)
    left.spec.dependencies = []
    right.spec.dependencies = []
    isSame = left == right
  }

  private static func edges(of side: ServiceFileDiff.Side) -> [(name: String, shown: String, edge: Dependency)] {
    side.service.spec.dependencies.map { edge in
      let spec = side.among[edge.service.index].spec
      return (spec.name, spec.section ?? spec.name, edge)
    }
  }

  /// The action, once all keys have been compared.
  var action: ServiceChange.Action {
    if !restarts.isEmpty { return .restarted(reasons: restarts, others: updates) }
    return updates.isEmpty ? .unchanged : .updated(reasons: updates)
  }

  /// Whether the check or its schedule changed, or a check came or went.
  private(set) var isCheckReplaced = false

  /// An external service is never started, so nothing restarts it.
  private var isExternal: Bool { old.spec.kind == .external && new.spec.kind == .external }

  enum Effect {
    case restart, update
  }

  /// Compares all keys, in the order of service-file.md.
  mutating func run() {
    guard !isSame else { return compareDependencies() }
    compareIdentity()
    compareSetup()
    compareDependencies()
    compare("layer", .update, \.spec.layer)
    let known = updates.count
    compareHealth()
    isCheckReplaced = updates.count > known || isRunElsewhere
    compare("health.history", .update, \.healthHistory)
    compareLifetime()
    compareLog()
    compareNames("endpoints", .update, \.endpoints)
    compareMetrics()
  }

  /// The path of the directory is the same, and another folder is there: its process is still in the old one.
  mutating func noteOtherFolder() {
    if !isExternal, old.directory == new.directory { note("directory", .restart) }
  }

  /// The paths of the environment files are the same, and their content is another.
  mutating func noteOtherEnvironment() {
    if !isExternal, old.environmentFiles == new.environmentFiles, !new.environmentFiles.isEmpty { note("environment_file", .restart) }
  }

  // MARK: Keys

  private mutating func compareIdentity() {
    compare("description", .update, \.description)
    compare("type", .update, \.type)
    compare("version", .update, \.version)
    compareNames("labels", .update, \.labels)
    compare("kind", .restart, \.spec.kind)
    compare("command", .restart, \.command)
    compare("enabled", .update, \.spec.isEnabled)
    compare("critical", .update, \.spec.isCritical)
  }

  private mutating func compareSetup() {
    compare("directory", .restart, \.directory)
    for name in ServiceFileDiff.differingNames(Self.byName(old.environment), Self.byName(new.environment)) {
      note("environment.\(name)", .restart)
    }
    compare("environment_file", .restart, \.environmentFiles)
    compare("inherit_environment", .restart, \.inheritsEnvironment)
    compare("user", .restart, \.setup.user)
    compare("group", .restart, \.setup.group)
    compare("umask", .restart, \.setup.umask)
    compare("limits.nofile", .restart, \.setup.limits.descriptors)
    compare("limits.core", .restart, \.setup.limits.core)
    // A cgroup takes these while the service runs.
    compare("limits.memory", .update, \.setup.limits.memory)
    compare("limits.tasks", .update, \.setup.limits.tasks)
    compare("limits.cpu", .update, \.setup.limits.cpu)
    compare("nice", .restart, \.setup.nice)
    compare("oom_score_adj", .restart, \.setup.oomScoreAdjustment)
    compare("no_new_privileges", .restart, \.setup.noNewPrivileges)
    // A terminal keeps its input open by itself.
    if old.setup.hasTerminal == new.setup.hasTerminal { compare("stdin", .restart, \.setup.input) }
    compare("tty", .restart, \.setup.hasTerminal)
  }

  /// Conditions count from the next start on; the endpoints of a dependency are in the process's environment.
  private mutating func compareDependencies() {
    var gone = oldDependencies
    for (name, shown, edge) in newDependencies {
      let key = "depends_on.\(shown)"
      guard let before = gone.removeValue(forKey: name)?.edge else {
        noteOnce(key, .update)
        continue
      }
      if before.condition != edge.condition { noteOnce("\(key).condition", .update) }
      if before.isOptional != edge.isOptional { noteOnce("\(key).optional", .update) }
      if (before.group == nil) != (edge.group == nil) { noteOnce("\(key).instances", .update) }
      if before.onRestart != edge.onRestart { noteOnce("\(key).on_restart", .update) }
      for endpoint in movedEndpoints[edge.service.index] where !isExternal {
        noteOnce("services.\(shown).endpoints.\(endpoint)", .restart)
      }
    }
    for name in gone.keys.sorted() { noteOnce("depends_on.\(gone[name]?.shown ?? name)", .update) }
  }

  /// Notes what several instances of a dependency have in common.
  private mutating func noteOnce(_ key: String, _ effect: Effect) {
    if !(effect == .restart && !isExternal ? restarts : updates).contains(key) { note(key, effect) }
  }

  private mutating func compareLifetime() {
    compareValue("ready.notify", .restart, old.readiness?.notification, new.readiness?.notification)
    compareValue("ready.log", .restart, old.readiness?.pattern, new.readiness?.pattern)
    compare("pid_file", .restart, \.pidFile)
    compare("ready.from", .restart, \.hearsMainAlone)
    compare("ready.timeout", .update, \.spec.start.timeout)
    compare("ready.min_uptime", .update, \.spec.start.minUptime)
    compare("watchdog", .restart, \.spec.watchdog)
    compare("runtime_max", .update, \.spec.runtimeMax)
    compare("heartbeat.interval", .update, \.spec.heartbeat.interval)
    compare("heartbeat.timeout", .update, \.spec.heartbeat.timeout)
    compare("restart.policy", .update, \.spec.restart.rule)
    compare("restart.max_attempts", .update, \.spec.restart.maxAttempts)
    compare("restart.backoff.base", .update, \.spec.restart.backoff.base)
    compare("restart.backoff.factor", .update, \.spec.restart.backoff.factor)
    compare("restart.backoff.max", .update, \.spec.restart.backoff.max)
    compare("restart.backoff.jitter", .update, \.spec.restart.backoff.jitter)
    compare("restart.reset_after", .update, \.spec.restart.resetAfter)
    compareValue("restart.success_exit_codes", .update, old.spec.restart.successes, new.spec.restart.successes)
    compareValue("reload.signal", .update, old.spec.reload?.signal, new.spec.reload?.signal)
    compare("reload.command", .update, \.hooks[.reload])
    compare("reload.check", .update, \.hooks[.reloadCheck])
    compareValue("reload.timeout", .update, old.spec.reload.timeout, new.spec.reload.timeout)
    compareValue("stop.signal", .update, old.spec.stop.namedSignal, new.spec.stop.namedSignal)
    compare("stop.timeout", .update, \.spec.stop.timeout)
    compare("stop.scope", .update, \.spec.stop.scope)
    compare("stop.command", .update, \.hooks[.stop])
    for hook in Hook.aroundRuns where hook != .stop { compare("hooks.\(hook.rawValue)", .update, \.hooks[hook]) }
  }

  private mutating func compareLog() {
    compare("log.mode", .restart, \.log.mode)
    compare("log.path", .restart, \.log.path)
    compare("log.stderr_path", .restart, \.log.errorPath)
    compare("log.shared", .restart, \.log.isShared)
    compare("log.max_size", .update, \.log.maxSize)
    compare("log.max_files", .update, \.log.maxFiles)
    // Where the mode changed, they differ because of that.
    if old.log.mode == new.log.mode {
      compare("log.timestamps", .update, \.log.timestamps)
      if old.setup.hasTerminal == new.setup.hasTerminal { compare("log.streams", .restart, \.log.streams) }
    }
    compare("log.memory_lines", .update, \.log.memoryLines)
  }

  private mutating func compareMetrics() {
    guard let before = old.metrics, let after = new.metrics else { return compare("metrics", .update, \.metrics) }
    compareValue("metrics.port", .update, before.port, after.port)
    compareValue("metrics.path", .update, before.path, after.path)
  }

  // MARK: Values

  mutating func compare<Value: Equatable>(_ key: String, _ effect: Effect, _ path: KeyPath<ServiceDefinition, Value>) {
    compareValue(key, effect, old[keyPath: path], new[keyPath: path])
  }

  mutating func compareValue<Value: Equatable>(_ key: String, _ effect: Effect, _ before: Value, _ after: Value) {
    if before != after { note(key, effect) }
  }

  private mutating func compareNames(_ key: String, _ effect: Effect, _ path: KeyPath<ServiceDefinition, [String: String]>) {
    for name in ServiceFileDiff.differingNames(old[keyPath: path], new[keyPath: path]) { note("\(key).\(name)", effect) }
  }

  mutating func note(_ key: String, _ effect: Effect) {
    switch effect {
    case .restart where !isExternal: restarts.append(key)
    case .restart, .update: updates.append(key)
    }
  }

  /// The values by name: their order in the file means nothing to a process, and the last one of a name counts.
  static func byName(_ values: [NamedValue]) -> [String: String] {
    Dictionary(values.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
  }
}

extension ReadinessSource {
  /// `ready.notify`
  fileprivate var notification: String? {
    switch self {
    case .systemd: "systemd"
    case .s6: "s6"
    case .log: nil
    }
  }

  /// `ready.log`
  fileprivate var pattern: String? {
    if case .log(let pattern) = self { pattern } else { nil }
  }
}

extension RestartPolicy {
  /// `restart.success_exit_codes`, without its order.
  fileprivate var successes: [Set<Int32>] { [Set(successExitCodes), Set(successSignals)] }
}

extension ReloadPolicy {
  /// The signal of `reload.signal`.
  fileprivate var signal: Int32? {
    if case .signal(let signal) = way { signal } else { nil }
  }
}

extension ReloadPolicy? {
  /// `reload.timeout`, also where there is no reload yet.
  fileprivate var timeout: Duration { self?.timeout ?? ReloadPolicy(.command).timeout }
}

extension StopPolicy {
  /// `stop.signal`; nil: none.
  fileprivate var namedSignal: Int32? { isCommandEnough ? nil : signal }
}
