// The pure core: what happens to services, and why. No input or output, no clock, no chance.
//
// MACHINES AND NEIGHBOURS
//   Each service owns a machine (Machine/ServiceMachine.swift), which knows its spec and the moment, and no neighbour. The orchestrator
//   knows the graph: it gives inputs to machines, carries out the steps they return, and decides what concerns several services: what
//   blocks a start, which goes down first, which is dragged along, barriers, sums, the full stop, the registry. It reads others only by
//   their standing.
//
// WISHES AND DEEDS
//   `isDesiredUp` is the wish; commands change wishes of all that are concerned before anything is done about any of them. The deeds follow
//   from wish and state, so the last command always wins.
//
// WHAT ALWAYS HOLDS
//   An event costs what it touches: neighbours are marked and looked at once, from a queue, without recursion.
//   A start is asked of a machine in one place (`start`), when nothing blocks it. After the full stop began nothing is wanted any more.

/// The orchestration of one service file. A value: feed events and commands in, carry the actions out in order, wake it at `nextDeadline`.
package struct Orchestrator: Sendable {
  /// The facts of the file.
  package internal(set) var graph: DependencyGraph
  /// The node's own values.
  package internal(set) var node = Snapshot.Node()

  var services: [Service]
  var machines: [ServiceMachine]
  var timers: TimerQueue
  var entries = Registry()
  /// The moment of the present call; time never goes back.
  var now: Instant
  /// The actions of the present call.
  var actions: [Action] = []
  var lastSequence: UInt64 = 0
  var lastCheck: UInt64 = 0
  /// Services that are to be looked at again, in order.
  var marked: [Int] = []
  var touched: [Int]
  var forced: ForcedChecks
  var settling: Settling
  var fullStop: FullStop?
  var sums = Sums()

  /// A core for this file, before its boot. `types` are the registry types per service; where one is missing the name stands for it.
  package init(_ graph: DependencyGraph, types: [String] = [], at now: Instant) {
    self.init(graph, types: types, checksAtOnce: 64, at: now)
  }

  /// - Parameter checksAtOnce: The most checks that were asked for and are under way at a time (rule 6).
  package init(_ graph: DependencyGraph, types: [String] = [], checksAtOnce: Int, at now: Instant) {
    self.graph = graph
    forced = ForcedChecks(limit: checksAtOnce)
    self.now = now
    services = graph.services.enumerated().map { index, spec in
      Service(spec, ServiceID(index), type: index < types.count ? types[index] : spec.name, MachineID(index: index))
    }
    machines = graph.services.enumerated().map { index, spec in ServiceMachine(spec, ServiceID(index), at: now) }
    timers = TimerQueue(subjects: graph.services.count)
    touched = Array(graph.services.indices)
    settling = Settling(graph)
    for index in graph.services.indices { follow(index) }
  }

  /// The registry's entries by name; read each through `current(at:)`.
  package var registry: [String: RegistryEntry] { entries.entries }

  /// Feeds one event in; the actions are to be carried out in order. `jitter` gives u in [0,1) and is drawn only when a delay needs it
  /// (rule 10).
  package mutating func handle(_ event: Event, at now: Instant, jitter: () -> Double = { 0 }) -> [Action] {
    begin(at: now)
    moment.drawing(from: jitter) { handle(event, at: $0) }
    return flush()
  }

  private mutating func handle(_ event: Event, at moment: Moment) {
    switch event {
    case .spawned(let id, let run): tell(id.index, at: moment) { $0.spawned(run: run, at: $1) }
    case .spawnFailed(let id, let run): tell(id.index, at: moment) { $0.spawnFailed(run: run, at: $1) }
    case .exited(let id, let run, let exit, let isEmpty): tell(id.index, at: moment) { $0.exited(run: run, exit, isEmpty: isEmpty, at: $1) }
    case .notified(let id, let run, let notification): tell(id.index, at: moment) { $0.notified(run: run, notification, at: $1) }
    case .hookFinished(let id, let run, let hook, let passed):
      tell(id.index, at: moment) { $0.hookFinished(run: run, hook, passed: passed, at: $1) }
    case .emptied(let id, let run): tell(id.index, at: moment) { $0.emptied(run: run, at: $1) }
    case .checkFinished(let id, let check, let passed): tell(id.index, at: moment) { $0.checkFinished(check, passed: passed, at: $1) }
    case .wake: wake(at: moment)
    }
  }

  /// Carries out what somebody asks for; a refusal has changed nothing. No command of today needs a delay, so `jitter` is never drawn.
  package mutating func perform(
    _ command: Command, by origin: Origin, at now: Instant, jitter: () -> Double = { 0 }
  ) -> (Verdict, [Action]) {
    begin(at: now)
    let verdict = carryOut(command, origin)
    return (verdict, flush())
  }

  /// Takes over what an earlier Stoker knew of a service. Before the boot.
  package mutating func remember(_ memory: Memory, of id: ServiceID, at now: Instant, jitter: () -> Double = { 0 }) -> [Action] {
    begin(at: now)
    services[id.index].wish = memory.wish
    moment.drawing(from: jitter) { moment in tell(id.index, at: moment) { $0.remember(memory, at: $1) } }
    return flush()
  }

  /// A check now, after any in flight; concurrent calls share it (rule 6). At most 64 are started at a time, the others wait here.
  package mutating func checkNow(_ id: ServiceID, at now: Instant) -> (CheckNow, [Action]) {
    begin(at: now)
    let machine = services[id.index].machine
    let (answer, steps) = machines[machine.index].checkNow(lastCheck + 1)
    if case .pending(let check) = answer { lastCheck = max(lastCheck, check) }
    apply(steps, of: machine)
    return (answer, flush())
  }

  /// When `.wake` is due; nil: never.
  package var nextDeadline: Instant? {
    timers.next
  }

  /// The services whose view changed since the last call, in the order in which they first did; all of them at the first call.
  package mutating func takeTouched() -> [ServiceID] {
    for index in touched { services[index].isTouched = false }
    defer { touched.removeAll(keepingCapacity: true) }
    return touched.map { ServiceID($0) }
  }

  /// Counts a service as changed: what the shell keeps beside its view has.
  package mutating func touch(_ id: ServiceID) {
    touch(id.index)
  }

  /// Whether the registry changed since the last call.
  package mutating func takeRegistryTouched() -> Bool {
    defer { entries.isTouched = false }
    return entries.isTouched
  }

  /// The picture of one service as it is now.
  package func view(_ id: ServiceID) -> ServiceView {
    ServiceView(id: id, values: machines[services[id.index].machine.index].values)
  }

  /// The picture of everything as it is now.
  package func snapshot() -> Snapshot {
    Snapshot(graph: graph, services: services.indices.map { view(ServiceID($0)) }, node: node, registry: registry)
  }

  /// Services whose standing is not what their machine says: none, whenever a call is over. For tests.
  package var falseStandings: [String] {
    services.indices.filter { index in
      let machine = machines[services[index].machine.index]
      return services[index].standing != Standing(machine.values, hasResult: machine.checks.hasResult)
    }.map { graph.services[$0].name }
  }

  mutating func begin(at moment: Instant) {
    now = max(now, moment)
  }

  /// The moment of the present call, for inputs that need no chance.
  var moment: Moment {
    Moment(now: now, isFullStop: fullStop != nil, isForced: fullStop?.isForced == true)
  }

  /// Looks at all that is marked, sums up, and hands the actions over.
  mutating func flush() -> [Action] {
    advanceMarked()
    sumUp()
    defer { actions = [] }
    return actions
  }
}
