// The pure core: decides about services, with the cause of each decision. No input or output, no clock, no randomness.
//
// MACHINES AND NEIGHBOURS
//   Each service owns a machine (Machine/ServiceMachine.swift), which knows its spec and the moment, and no neighbour. The
//   orchestrator knows the graph. It gives inputs to machines, carries out the steps that they return, and decides about
//   several services: blockers of a start, the order of stops, dependents that are dragged along, barriers, sums, the full
//   stop, the registry. It reads other services only by their standing.
//
// WISHES AND STEPS
//   `isDesiredUp` is the wish. A command first changes the wishes of all services that it concerns, then acts on them. The
//   steps follow from wish and state, so the last command always wins.
//
// WHAT ALWAYS HOLDS
//   The cost of an event depends on the services that it touches: neighbours are marked, and each is looked at once, from
//   a queue, without recursion. A machine is asked for a start in one place (`start`), when nothing blocks it. After the
//   beginning of the full stop no service is wanted any more.

/// The orchestration of one service file. A value: feed events and commands in, carry out the actions in order, wake it
/// at `nextDeadline`.
package struct Orchestrator: Sendable {
  /// The services of the file and their dependencies.
  package internal(set) var graph: DependencyGraph
  /// The node's own values.
  package internal(set) var node = Snapshot.Node()

  var services: [Service]
  var machines: [ServiceMachine]
  var timers: TimerQueue
  var entries: Registry
  /// The moment of the current call; time never goes back.
  var now: Instant
  /// The actions of the current call.
  var actions: [Action] = []
  var lastSequence: UInt64 = 0
  var lastCheck: UInt64 = 0
  /// The services to look at again.
  var marked: ServiceQueue
  /// The services whose losses are looked at again at the end of the call.
  var losing: ServiceQueue
  /// The services whose view changed since the caller last took it.
  var touched: ServiceQueue
  var forced: RequestedChecks
  var settling: Settling
  var fullStop: FullStop?
  var sums = Sums()
  var end: EndWatch

  /// A core for this file, before its boot. `types`: the registry type of each service; a missing one is the service's
  /// name.
  ///
  /// - Parameters:
  ///   - checksAtOnce: The largest number of requested checks in flight at a time (rule 6).
  ///   - registrySize: The largest size of all self-registered entries (rule 75); nil: 32 MiB.
  ///   - exits: The conditions under which everything is stopped without a request (rule 90).
  package init(
    _ graph: DependencyGraph, types: [String] = [], checksAtOnce: Int = 64, registrySize: Int? = nil, exits: ExitPolicy = ExitPolicy(),
    at now: Instant
  ) {
    self.graph = graph
    end = EndWatch(exits)
    entries = Registry(sizeLimit: registrySize ?? RegistrySize.defaultLimit)
    forced = RequestedChecks(limit: checksAtOnce)
    self.now = now
    services = graph.services.enumerated().map { index, spec in
      Service(spec, ServiceID(index), type: index < types.count ? types[index] : spec.name, MachineID(index: index))
    }
    machines = graph.services.enumerated().map { index, spec in ServiceMachine(spec, ServiceID(index), at: now) }
    timers = TimerQueue(subjects: graph.services.count)
    marked = ServiceQueue(count: graph.services.count)
    losing = ServiceQueue(count: graph.services.count)
    touched = ServiceQueue(count: graph.services.count, isFull: true)
    settling = Settling(graph)
    for index in graph.services.indices { follow(index) }
  }

  /// The registry's entries by name; read each through `current(at:)`.
  package var registry: [String: RegistryEntry] { entries.entries }

  /// The size of all self-registered entries, and the limit (rule 75).
  package var registrySize: RegistrySize { RegistrySize(used: entries.size, limit: entries.sizeLimit) }

  /// Handles one event, and returns actions to be carried out in order. `jitter` returns u in [0,1), and is called only
  /// when a delay needs it (rule 10).
  package mutating func handle(_ event: Event, at now: Instant, jitter: () -> Double = { 0 }) -> [Action] {
    begin(at: now)
    moment.drawing(from: jitter) { handle(event, at: $0) }
    return flush()
  }

  private mutating func handle(_ event: Event, at now: Moment) {
    switch event {
    case .spawned(let id, let run): feed(id.index, at: now) { $0.spawned(run: run, at: $1) }
    case .spawnFailed(let id, let run, let hopeless): feed(id.index, at: now) { $0.spawnFailed(run: run, isHopeless: hopeless, at: $1) }
    case .exited(let id, let run, let exit, let isEmpty, let others, let name):
      feed(id.index, at: now) { $0.exited(run: run, exit, isEmpty: isEmpty, others: others, named: name, at: $1) }
    case .notified(let id, let run, let notification): feed(id.index, at: now) { $0.notified(run: run, notification, at: $1) }
    case .hookFinished(let id, let run, let hook, let ok): feed(id.index, at: now) { $0.hookFinished(run: run, hook, passed: ok, at: $1) }
    case .emptied(let id, let run): feed(id.index, at: now) { $0.emptied(run: run, at: $1) }
    case .checkFinished(let id, let check, let passed): feed(id.index, at: now) { $0.checkFinished(check, passed: passed, at: $1) }
    case .wake: wake(at: now)
    }
  }

  /// Carries out a command; a refusal has changed nothing. No command of today needs a delay, so `jitter` is never
  /// called.
  package mutating func perform(
    _ command: Command, by origin: Origin, at now: Instant, jitter: () -> Double = { 0 }
  ) -> (CommandAnswer, [Action]) {
    begin(at: now)
    let answer = carryOut(command, origin)
    return (answer, flush())
  }

  /// Takes over the facts that an earlier Stoker recorded about a service. Before the boot.
  package mutating func remember(_ memory: Memory, of id: ServiceID, at now: Instant, jitter: () -> Double = { 0 }) -> [Action] {
    begin(at: now)
    services[id.index].wish = memory.wish
    moment.drawing(from: jitter) { moment in feed(id.index, at: moment) { $0.remember(memory, at: $1) } }
    return flush()
  }

  /// Requests a check now, after any check in flight; concurrent requests share it (rule 6). At most 64 are in flight
  /// at a time; the others wait in a queue.
  package mutating func checkNow(_ id: ServiceID, at now: Instant) -> (CheckNowAnswer, [Action]) {
    begin(at: now)
    let check = lastCheck + 1
    let answer = feed(services[id.index].machine) { machine, _ in machine.checkNow(check) }
    if case .pending(let check) = answer { lastCheck = max(lastCheck, check) }
    return (answer, flush())
  }

  /// The moment at which `.wake` is due; nil: never.
  package var nextDeadline: Instant? {
    timers.next
  }

  /// The services whose view changed since the last call, in the order of their first change; all services at the first
  /// call.
  package mutating func takeTouched() -> [ServiceID] {
    touched.takeAll()
  }

  /// Marks a service as changed, for facts that the caller keeps next to its view.
  package mutating func touch(_ id: ServiceID) {
    touch(id.index)
  }

  /// Whether the registry changed since the last call.
  package mutating func takeRegistryTouched() -> Bool {
    defer { entries.isTouched = false }
    return entries.isTouched
  }

  /// The view of one service at this moment.
  package func view(_ id: ServiceID) -> ServiceView {
    ServiceView(id: id, values: machines[place(of: id.index)].values)
  }

  /// Whether checks of this service are made at present.
  package func isChecked(_ id: ServiceID) -> Bool { machines[place(of: id.index)].checks.isOn }

  /// The snapshot of this moment.
  package func snapshot() -> Snapshot {
    Snapshot(
      graph: graph, services: services.indices.map { view(ServiceID($0)) }, node: node, registry: registry, registrySize: registrySize)
  }

  /// The place of the machine that stands for a service.
  func place(of index: Int) -> Int {
    services[index].machine.index
  }

  mutating func begin(at moment: Instant) {
    now = max(now, moment)
  }

  /// The moment of the current call, for inputs that need no jitter.
  var moment: Moment {
    Moment(now: now, isFullStop: fullStop != nil, isForced: fullStop?.isForced == true)
  }

  /// Ends a call: looks at every marked service and at what is lost to services, begins a full stop whose condition has come about, updates
  /// the sums, and returns the actions.
  mutating func flush() -> [Action] {
    advanceMarked()
    followLosses()
    endByItself()
    sumUp()
    defer { actions = [] }
    return actions
  }
}
