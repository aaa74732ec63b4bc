// A core with a small obedient world, in virtual time: what the example tests stand on.

import Orchestration

/// Services by name; processes obey at once unless told otherwise.
struct Rig {
  let graph: DependencyGraph
  var core: Orchestrator
  var now = Instant(nanoseconds: 0)
  /// Everything that came out, with its time.
  var log: [(at: Instant, action: Action)] = []
  /// Spawns are answered only by hand.
  var holdsSpawns: Set<String> = []
  /// Cannot be spawned.
  var unspawnable: Set<String> = []
  /// Ends as soon as it was spawned.
  var diesAtOnce: [String: Exit] = [:]
  /// Ignores signals.
  var deaf: Set<String> = []
  /// Survives SIGKILL too.
  var immortal: Set<String> = []
  /// How checks end; without an entry they are answered only by hand.
  var passes: [String: Bool] = [:]
  private var queue: [Event] = []

  init(_ specs: [ServiceSpec]) throws {
    graph = try DependencyGraph(specs)
    core = Orchestrator(graph, at: now)
  }

  func id(_ name: String) -> ServiceID {
    graph.id(named: name) ?? ServiceID(-1)
  }

  subscript(name: String) -> ServiceView.Values {
    core.view(id(name)).values
  }

  var statuses: [String] {
    graph.services.indices.map { core.view(ServiceID($0)).status.rawValue }
  }

  // MARK: What goes in

  @discardableResult
  mutating func boot() -> Verdict { command(.boot) }

  @discardableResult
  mutating func start(_ name: String, force: Bool = false) -> Verdict { command(.start(id(name), force: force)) }

  @discardableResult
  mutating func stop(_ name: String, _ mode: Command.StopMode = .refuse) -> Verdict { command(.stop(id(name), mode)) }

  @discardableResult
  mutating func restart(_ name: String, force: Bool = false) -> Verdict { command(.restart(id(name), force: force)) }

  @discardableResult
  mutating func command(_ command: Command) -> Verdict {
    let (verdict, actions) = core.perform(command, by: .commandLine(peer: "test"), at: now)
    carryOut(actions)
    return verdict
  }

  mutating func feed(_ event: Event) {
    carryOut(core.handle(event, at: now))
  }

  /// The present run's process ends.
  mutating func exit(_ name: String, _ exit: Exit = .code(1), isEmpty: Bool = true) {
    feed(.exited(id(name), run: self[name].run, exit, isEmpty: isEmpty))
  }

  mutating func spawned(_ name: String) {
    feed(.spawned(id(name), run: self[name].run))
  }

  /// Lets time pass, waking the core whenever it asks for it.
  mutating func pass(_ duration: Duration) {
    let end = now + duration
    while let deadline = core.nextDeadline, deadline <= end {
      now = max(now, deadline)
      feed(.wake)
    }
    now = end
  }

  // MARK: What came out

  func spawns(of name: String) -> [Instant] {
    log.compactMap { if case .spawn(id(name), _) = $0.action { $0.at } else { nil } }
  }

  /// The changes of state of a service, as words.
  func path(of name: String) -> [String] {
    log.compactMap { entry in
      guard case .changed(let change) = entry.action, case .status(id(name), _, let to, _) = change.what else { return nil }
      return to.rawValue
    }
  }

  func healths(of name: String) -> [String] {
    log.compactMap { entry in
      guard case .changed(let change) = entry.action, case .health(id(name), _, let to) = change.what else { return nil }
      return to.rawValue
    }
  }

  func count(where isMeant: (Action) -> Bool) -> Int {
    log.count { isMeant($0.action) }
  }

  /// The order in which services got their signal.
  var signals: [String] {
    log.compactMap { if case .signal(let id, _, _) = $0.action { graph[id].name } else { nil } }
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
      take(core.handle(event, at: now))
    }
  }

  private mutating func take(_ actions: [Action]) {
    for action in actions {
      log.append((now, action))
      switch action {
      case .spawn(let id, let run): spawn(id, run)
      case .signal(let id, let run, _) where !deaf.contains(graph[id].name):
        queue.append(.exited(id, run: run, .signal(15, coreDumped: false), isEmpty: true))
      // (What was not spawned yet cannot be killed yet.)
      case .kill(let id, let run) where !immortal.contains(graph[id].name) && core.view(id).isAlive:
        queue.append(.exited(id, run: run, .signal(9, coreDumped: false), isEmpty: true))
      case .startCheck(let id, let check, _):
        if let passes = passes[graph[id].name] { queue.append(.checkFinished(id, check: check, passed: passes)) }
      default: break
      }
    }
  }

  private mutating func spawn(_ id: ServiceID, _ run: UInt64) {
    let name = graph[id].name
    if holdsSpawns.contains(name) { return }
    if unspawnable.contains(name) { return queue.append(.spawnFailed(id, run: run)) }
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

let accepted = Verdict.accepted(alsoStarted: [], alsoStopped: [])
