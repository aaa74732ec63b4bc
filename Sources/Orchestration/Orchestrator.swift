// The pure core: what happens to services, and why. No input or output, no clock, no chance.
//
// STATES
//   stopped     no process, and nobody wants one.
//   waiting     wanted; a required dependency does not meet its condition, an optional one is on its way, or a layer is a barrier.
//   starting    on its way: the pre-start hook runs, the spawn was asked for, or the process lives and has not said yet that it is
//               ready. External services stay here until their first pass.
//   running     the start is done; the process lives. External: its check has passed once since it was switched on.
//   backoff     wanted; waits for the delay before the next automatic attempt.
//   stopping    a run is being ended, or ended by itself and left something or its post-stop hook behind. Its payload knows what
//               follows: rest, start or judgement.
//   completed   ended cleanly and is not wanted again.
//   failed      given up: attempts are used up, or the policy wants no restart. Never a process.
//
// WISHES AND DEEDS
//   `values.isDesiredUp` is the wish; commands change wishes of all that are concerned before anything is done about any of them. The deeds
//   follow from wish and state: `start`, `takeDown`, `reconsider` and `descend` begin them, so the last command always wins.
//   A stop that must wait for dependents is a `descent`: the service runs on, its checks go on if it is still wanted, it meets no
//   condition any more, and it goes down when the last of those it waits for has ended.
//
// WHAT ALWAYS HOLDS
// Every spawn has a new run number; events of other runs are late and dropped. A check's result counts only while that check is in flight.
// A spawn is asked for in one place (`spawn`), when nothing blocks it, nothing of an older run lives, it is wanted, and no full stop has
// begun.
//   One change of state goes through one function (`enter`), which keeps times, counters, sums, timers and neighbours true.
//   An event costs what it touches: neighbours are marked and looked at once, from a queue, without recursion.

/// The orchestration of one service file. A value: feed events and commands in, carry the actions out in order, wake it at `nextDeadline`.
public struct Orchestrator: Sendable {
  /// The facts of the file.
  public internal(set) var graph: DependencyGraph
  /// What of the node is not one service's.
  public internal(set) var node = Snapshot.Node()
  /// The registry's entries by name; read each through `current(at:)`.
  public internal(set) var registry: [String: RegistryEntry] = [:]

  var services: [Service]
  var timers: TimerQueue
  /// The moment of the present call; time never goes back.
  var now: Instant
  /// The actions of the present call.
  var actions: [Action] = []
  var lastSequence: UInt64 = 0
  var lastCheck: UInt64 = 0
  /// Services that are to be looked at again, in order.
  var marked: [Int] = []
  var touched: [Int]
  var isRegistryTouched = true
  var forced = ForcedChecks()
  var settling: Settling
  var fullStop: FullStop?
  var sums = Sums()
  var registrations = Registrations()

  /// Who counts in the sums of the node.
  struct Sums: Sendable {
    var health = Tally<Health>()
    /// Critical services that are not ready.
    var missing = 0
    /// Services with a run that others have to reckon with.
    var occupied = 0
  }

  /// A core for this file, before its boot. `types` are the registry types per service; where one is missing the name stands for it.
  public init(_ graph: DependencyGraph, types: [String] = [], at now: Instant) {
    self.graph = graph
    self.now = now
    services = graph.services.enumerated().map { index, spec in
      Service(spec, ServiceID(index), index < types.count ? types[index] : spec.name, at: now)
    }
    timers = TimerQueue(subjects: graph.services.count)
    touched = Array(graph.services.indices)
    settling = Settling(graph)
    for index in graph.services.indices {
      registry[graph.services[index].name] = services[index].entry
      refresh(index)
    }
  }

  /// Feeds one event in; the actions are to be carried out in order. `jitter` gives u in [0,1) and is drawn only when a delay needs it
  /// (rule 10).
  public mutating func handle(_ event: Event, at now: Instant, jitter: () -> Double = { 0 }) -> [Action] {
    begin(at: now)
    switch event {
    case .spawned(let id, let run): spawned(id.index, run: run)
    case .spawnFailed(let id, let run): spawnFailed(id.index, run: run, jitter)
    case .exited(let id, let run, let exit, let isEmpty): exited(id.index, run: run, exit, isEmpty: isEmpty, jitter)
    case .notified(let id, let run, let notification): notified(id.index, run: run, notification)
    case .hookFinished(let id, let run, let hook, let passed): hookFinished(id.index, run: run, hook, passed: passed, jitter)
    case .emptied(let id, let run): emptied(id.index, run: run, jitter)
    case .checkFinished(let id, let check, let passed): checkFinished(id.index, check: check, passed: passed)
    case .wake: wake(jitter)
    }
    return conclude()
  }

  /// Carries out what somebody asks for; a refusal has changed nothing. No command of today needs a delay, so `jitter` is never drawn.
  public mutating func perform(
    _ command: Command, by origin: Origin, at now: Instant, jitter: () -> Double = { 0 }
  ) -> (Verdict, [Action]) {
    begin(at: now)
    let verdict = carryOut(command, origin)
    return (verdict, conclude())
  }

  /// When `.wake` is due; nil: never.
  public var nextDeadline: Instant? {
    timers.next
  }

  /// The services whose view changed since the last call, in the order in which they first did; all of them at the first call.
  public mutating func takeTouched() -> [ServiceID] {
    for index in touched { services[index].isTouched = false }
    defer { touched.removeAll(keepingCapacity: true) }
    return touched.map { ServiceID($0) }
  }

  /// Counts a service as changed: what the shell keeps beside its view has.
  public mutating func touch(_ id: ServiceID) {
    touch(id.index)
  }

  /// Whether the registry changed since the last call.
  public mutating func takeRegistryTouched() -> Bool {
    defer { isRegistryTouched = false }
    return isRegistryTouched
  }

  /// The picture of one service as it is now.
  public func view(_ id: ServiceID) -> ServiceView {
    ServiceView(id: id, values: services[id.index].values)
  }

  /// The picture of everything as it is now.
  public func snapshot() -> Snapshot {
    Snapshot(graph: graph, services: services.indices.map { view(ServiceID($0)) }, node: node, registry: registry)
  }

  mutating func begin(at moment: Instant) {
    now = max(now, moment)
  }

  /// Looks at all that is marked, sums up, and hands the actions over.
  mutating func conclude() -> [Action] {
    advanceMarked()
    concludeNode()
    defer { actions = [] }
    return actions
  }

  /// Names a pair of state and event that our own code rules out: loud where it can be debugged, ignored in release.
  func impossible(_ index: Int, _ event: String) {
    assertionFailure("\(graph.services[index].name) is \(services[index].state) and received \(event)")
  }
}
