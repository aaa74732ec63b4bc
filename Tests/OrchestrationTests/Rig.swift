// A core with a small obedient world, in virtual time, for the example tests.

import Orchestration

/// A core with services by name; processes obey at once by default.
struct Rig {
  var core: Orchestrator
  var now = Instant(nanoseconds: 0)
  /// Every action with its time and the name of its service, since a reload renumbers services.
  var log: [(at: Instant, action: Action, subject: String)] = []
  /// Whether spawns are answered only by hand.
  var holdsSpawns: Set<String> = []
  /// The services whose spawn is still to be answered.
  private(set) var unanswered: Set<String> = []
  /// The services that cannot be spawned.
  var unspawnable: Set<String> = []
  /// Whether their spawns can never succeed.
  var isHopeless = false
  /// The services that end as soon as they are spawned.
  var diesAtOnce: [String: Exit] = [:]
  /// The services that ignore signals.
  var deaf: Set<String> = []
  /// The services that survive SIGKILL too.
  var immortal: Set<String> = []
  /// Hooks that are answered only by hand, and hooks that fail: "dao pre_start".
  var holdsHooks: Set<String> = []
  var failsHooks: Set<String> = []
  /// Hooks that go on when they are cancelled.
  var deafHooks: Set<String> = []
  /// The results of checks; without an entry they are answered only by hand.
  var passes: [String: Bool] = [:]
  private var queue: [Event] = []
  /// The services whose end is in the queue, after a signal.
  private var ending: Set<ServiceID> = []

  init(_ specs: [ServiceSpec], exits: ExitPolicy = ExitPolicy()) throws {
    core = Orchestrator(try DependencyGraph(specs), exits: exits, at: now)
  }

  /// The file in place.
  var graph: DependencyGraph { core.graph }

  func id(_ name: String) -> ServiceID {
    graph.id(named: name) ?? ServiceID(-1)
  }

  subscript(name: String) -> ServiceView.Values {
    core.view(id(name)).values
  }

  var statuses: [String] {
    graph.services.indices.map { core.view(ServiceID($0)).status.rawValue }
  }

  // MARK: Inputs

  @discardableResult
  mutating func boot() -> CommandAnswer { command(.boot) }

  @discardableResult
  mutating func start(_ name: String, force: Bool = false) -> CommandAnswer { command(.start(id(name), force: force)) }

  @discardableResult
  mutating func stop(_ name: String, _ mode: Command.StopMode = .refuse) -> CommandAnswer { command(.stop(id(name), mode)) }

  @discardableResult
  mutating func restart(_ name: String, force: Bool = false) -> CommandAnswer { command(.restart(id(name), force: force)) }

  @discardableResult
  mutating func command(_ command: Command) -> CommandAnswer {
    let (verdict, actions) = core.perform(command, by: .commandLine(peer: "test"), at: now)
    carryOut(actions)
    return verdict
  }

  /// Before the boot: hands over the facts that an earlier Stoker recorded about a service.
  mutating func remember(_ memory: Memory, of name: String) {
    carryOut(core.remember(memory, of: id(name), at: now))
  }

  mutating func feed(_ event: Event) {
    carryOut(core.handle(event, at: now))
  }

  /// Ends the process of the current run.
  mutating func exit(_ name: String, _ exit: Exit = .code(1), isEmpty: Bool = true, others: Int = 0, named program: String? = nil) {
    feed(.exited(id(name), run: self[name].run, exit, isEmpty: isEmpty, others: others, named: program))
  }

  mutating func spawned(_ name: String) {
    unanswered.remove(name)
    feed(.spawned(id(name), run: self[name].run))
  }

  @discardableResult
  mutating func checkNow(_ name: String) -> CheckNowAnswer {
    let (answer, actions) = core.checkNow(id(name), at: now)
    carryOut(actions)
    return answer
  }

  mutating func register(_ name: String, timeToLive: Duration) {
    let (_, actions) = core.register(name, type: "stranger", timeToLive: timeToLive, payload: "{}", at: now)
    carryOut(actions)
  }

  /// Sends a notification of the process of the current run, or of this one.
  mutating func say(_ name: String, _ notification: Orchestration.Notification, run: UInt64? = nil) {
    feed(.notified(id(name), run: run ?? self[name].run, notification))
  }

  /// Ends a hook of the current run, or of this one.
  mutating func finish(_ hook: Hook, of name: String, passed: Bool = true, run: UInt64? = nil) {
    feed(.hookFinished(id(name), run: run ?? self[name].run, hook, passed: passed))
  }

  /// Lets time pass, and wakes the core at each deadline.
  mutating func pass(_ duration: Duration) {
    let end = now + duration
    while let deadline = core.nextDeadline, deadline <= end {
      now = max(now, deadline)
      feed(.wake)
    }
    now = end
  }

  // MARK: Outputs

  func spawns(of name: String) -> [Instant] {
    log.compactMap { entry in
      guard case .spawn = entry.action, entry.subject == name else { return nil }
      return entry.at
    }
  }

  /// The changes of state of a service, as words.
  func path(of name: String) -> [String] {
    log.compactMap { entry in
      guard case .changed(let change) = entry.action, case .status(_, _, let to, _) = change.what, entry.subject == name else { return nil }
      return to.rawValue
    }
  }

  func healths(of name: String) -> [String] {
    log.compactMap { entry in
      guard case .changed(let change) = entry.action, case .health(_, _, let to) = change.what, entry.subject == name else { return nil }
      return to.rawValue
    }
  }

  /// The actions on runs, of one service or of all, in words: "spawn 1", "pre_stop", "cancel pre_stop", "signal 15".
  func deeds(of name: String? = nil) -> [String] {
    log.compactMap { entry in
      guard name == nil || entry.subject == name else { return nil }
      let deed: String
      switch entry.action {
      case .spawn(_, let run): deed = "spawn \(run)"
      case .runHook(_, _, let hook): deed = hook.rawValue
      case .cancelHook(_, _, let hook): deed = "cancel \(hook.rawValue)"
      case .signal(_, _, let signal, let scope): deed = "signal \(signal)\(scope == .process ? " to main" : "")"
      case .sendSignal(_, _, let signal, let scope): deed = "send \(signal)\(scope == .process ? " to main" : "")"
      case .kill: deed = "kill"
      case .startCheck, .cancelCheck, .recordCheck, .abandonCheck, .changed, .retired, .stopped: return nil
      }
      return name == nil ? "\(entry.subject) \(deed)" : deed
    }
  }

  /// The ends of reloads, and of checks before restarts, in order.
  var reloads: [ReloadEnd] {
    log.compactMap { entry in
      guard case .changed(let change) = entry.action, case .serviceReloaded(_, _, _, let end) = change.what else { return nil }
      return end
    }
  }

  func count(where isMeant: (Action) -> Bool) -> Int {
    log.count { isMeant($0.action) }
  }

  /// The order in which services got their signal.
  var signals: [String] {
    log.compactMap { if case .signal = $0.action { $0.subject } else { nil } }
  }

  var report: StopReport? {
    log.compactMap { if case .stopped(let report) = $0.action { report } else { nil } }.first
  }

  var reportedAt: Instant? {
    log.first { if case .stopped = $0.action { true } else { false } }?.at
  }

  // MARK: The world

  mutating func carryOut(_ actions: [Action]) {
    take(actions)
    while !queue.isEmpty {
      let event = queue.removeFirst()
      if case .exited(let id, _, _, _, _, _) = event { ending.remove(id) }
      take(core.handle(event, at: now))
    }
  }

  private mutating func take(_ actions: [Action]) {
    for action in actions {
      log.append((now, action, subject(of: action)))
      switch action {
      case .spawn(let id, let run): spawn(id, run)
      case .signal(let id, let run, _, _) where !deaf.contains(graph[id].name):
        end(id, run, by: 15)
      // (A run that is not spawned yet cannot be killed yet.)
      case .kill(let id, let run) where !immortal.contains(graph[id].name) && core.view(id).isAlive:
        end(id, run, by: 9)
      case .startCheck(let id, let check, _):
        if let passes = passes[graph[id].name] { queue.append(.checkFinished(id, check: check, passed: passes)) }
      case .runHook(let id, let run, let hook):
        let words = "\(graph[id].name) \(hook.rawValue)"
        if !holdsHooks.contains(words) { queue.append(.hookFinished(id, run: run, hook, passed: !failsHooks.contains(words))) }
      case .cancelHook(let id, let run, let hook):
        let words = "\(graph[id].name) \(hook.rawValue)"
        if holdsHooks.contains(words), !deafHooks.contains(words) { queue.append(.hookFinished(id, run: run, hook, passed: false)) }
      default: break
      }
    }
  }

  /// The name of the service that an action concerns; empty if there is none.
  private func subject(of action: Action) -> String {
    switch action {
    case .spawn(let id, _), .runHook(let id, _, _), .cancelHook(let id, _, _), .signal(let id, _, _, _), .sendSignal(let id, _, _, _),
      .kill(let id, _),
      .startCheck(let id, _, _), .cancelCheck(let id, _), .recordCheck(let id, _, _, _), .abandonCheck(let id, _), .retired(let id):
      return graph[id].name
    case .changed(let change):
      switch change.what {
      case .status(let id, _, _, _), .health(let id, _, _), .restarted(let id, _, _, _), .gaveUp(let id, _),
        .leftOver(let id, _), .serviceReloaded(let id, _, _, _), .signalled(let id, _, _, _):
        return graph[id].name
      case .registry(let name, _): return name
      case .composite, .initialized, .ready: return ""
      }
    case .stopped: return ""
    }
  }

  /// Ends a process once, even if it gets several signals.
  private mutating func end(_ id: ServiceID, _ run: UInt64, by signal: Int32) {
    if ending.insert(id).inserted { queue.append(.exited(id, run: run, .signal(signal, coreDumped: false), isEmpty: true)) }
  }

  private mutating func spawn(_ id: ServiceID, _ run: UInt64) {
    let name = graph[id].name
    if holdsSpawns.contains(name) {
      unanswered.insert(name)
      return
    }
    if unspawnable.contains(name) { return queue.append(.spawnFailed(id, run: run, isHopeless: isHopeless)) }
    queue.append(.spawned(id, run: run))
    if let exit = diesAtOnce[name] { queue.append(.exited(id, run: run, exit, isEmpty: true)) }
  }
}

extension ServiceSpec {
  /// A service that depends on others, given by their positions.
  static func named(_ name: String, on dependencies: [Int] = [], _ condition: Dependency.Condition = .started) -> ServiceSpec {
    ServiceSpec(name: name, dependencies: dependencies.map { Dependency(ServiceID($0), condition: condition) })
  }

  func with(_ change: (inout ServiceSpec) -> Void) -> ServiceSpec {
    var spec = self
    change(&spec)
    return spec
  }
}

/// `seconds` after the clock's origin.
func moment(_ seconds: Double) -> Instant {
  Instant(nanoseconds: Int64(seconds * 1e9))
}

let accepted = CommandAnswer.accepted(alsoStarted: [], alsoStopped: [])
