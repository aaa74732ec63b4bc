// A whole history: core, world and checker together, in virtual time.

import Orchestration

/// The result of a simulation.
package struct Outcome: Sendable {
  /// A fingerprint of all inputs and outputs, in order.
  package var hash: UInt64
  /// The number of calls of the core.
  package var steps: Int
  /// The first broken invariant.
  package var violation: Violation?
  /// The history as text, if `tells` was set.
  package var lines: [String]
}

/// Runs a scenario to its end, or to the first broken invariant.
package func simulate(_ scenario: Scenario, tells: Bool = false) -> Outcome {
  var simulation: Simulation
  do {
    simulation = try Simulation(scenario, tells: tells)
  } catch {
    return Outcome(hash: 0, steps: 0, violation: Violation(invariant: 0, sentence: "no graph: \(error)"), lines: [])
  }
  do {
    try simulation.run()
  } catch {
    return simulation.outcome(error)
  }
  return simulation.outcome(nil)
}

/// Snapshots of the core in a scenario's history, one after every `calls` calls.
package func snapshots(of scenario: Scenario, every calls: Int) -> [(snapshot: Snapshot, at: Instant)] {
  guard var simulation = try? Simulation(scenario, tells: false) else { return [] }
  simulation.album = Album(calls: calls)
  try? simulation.run()
  return simulation.album?.pictures ?? []
}

/// The collected snapshots.
struct Album {
  let calls: Int
  var pictures: [(snapshot: Snapshot, at: Instant)] = []
}

/// One history while it runs. Outside the core, parts are known by their slots.
struct Simulation {
  private var twin: Twin
  private var edition: Edition
  private var places: Places
  private var world: World
  private var checker: Checker
  private let scenario: Scenario
  private var order: Draws
  /// The core's time: the world's, without what was lost.
  private var now = Instant(nanoseconds: 0)
  private var lost = LostTime()
  /// The world's time at which the core is woken; nil: never.
  private var alarm: Instant?
  private var absences: [ClosedRange<Instant>]
  private var trace = Trace()
  private var steps = 0
  private var story: Story?
  var album: Album?

  init(_ scenario: Scenario, tells: Bool) throws(GraphError) {
    let specs = scenario.services
    self.scenario = scenario
    edition = Edition(scenario)
    twin = Twin(Orchestrator(try edition.graph(), checksAtOnce: scenario.checksAtOnce, exits: scenario.exits, at: now))
    places = Places(edition.slots, of: specs.count)
    world = World(scenario, specs)
    checker = Checker(edition.known(), at: now)
    checker.book.exits = scenario.exits
    checker.book.slack = (LostTime.shortest + LostTime.respite) * scenario.absences.count
    order = Draws(seed: scenario.seed, stream: 2_000_000)
    absences = scenario.absences
    story = tells ? Story(try DependencyGraph(specs)) : nil
  }

  func outcome(_ violation: Violation?) -> Outcome {
    Outcome(hash: trace.hash, steps: steps, violation: violation, lines: story?.lines ?? [])
  }

  mutating func run() throws(Violation) {
    while let next = nextMoment(), next <= scenario.end + lost.total {
      if let absence = absences.first, absence.lowerBound <= next {
        absences.removeFirst()
        try beAbsent(until: max(world.now, absence.upperBound))
        continue
      }
      world.now = next
      // Simultaneous events come in an order drawn by the seed.
      let isWakeDue = alarm.map { $0 <= next } ?? false
      if isWakeDue, world.agenda.first != next || order.happens(50) {
        try awake { simulation throws(Violation) in try simulation.judge() }
      } else if let (_, item) = world.agenda.take(), let news = occur(item) {
        try awake { simulation throws(Violation) in try simulation.take(news) }
      }
      alarm = lost.sleep(until: twin.core.nextDeadline, at: world.now).map { $0 + lost.total }
    }
    try checker.readEnd()
  }

  private func nextMoment() -> Instant? {
    switch (alarm, world.agenda.first) {
    case (let alarm?, let first?): max(world.now, min(alarm, first))
    case (let moment?, nil), (nil, let moment?): max(world.now, moment)
    case (nil, nil): nil
    }
  }

  /// Lets the supervisor handle something, as its loop does.
  private mutating func awake(_ body: (inout Simulation) throws(Violation) -> Void) throws(Violation) {
    _ = lost.wake(at: world.now)
    now = lost.time(at: world.now)
    try body(&self)
  }

  private mutating func judge() throws(Violation) {
    if lost.mayJudge(at: world.now) { try feed(.wake) }
  }

  /// Lets the world go on without the supervisor, which learns of it afterwards, as it comes. Deadlines come in between.
  private mutating func beAbsent(until end: Instant) throws(Violation) {
    var news: [News] = []
    while let first = world.agenda.first, first <= end, let (at, item) = world.agenda.take() {
      world.now = max(world.now, at)
      if let piece = occur(item) { news.append(piece) }
    }
    world.now = end
    let late = alarm.map { end - $0 } ?? .zero
    for piece in news {
      if let alarm, alarm <= end, order.happens(50) {
        let steps = steps
        try awake { simulation throws(Violation) in try simulation.judge() }
        if late > LostTime.tolerance, self.steps > steps {
          throw Violation(invariant: 10, sentence: "deadlines were judged before what came in an absence")
        }
      }
      try awake { simulation throws(Violation) in try simulation.take(piece) }
      alarm = lost.sleep(until: twin.core.nextDeadline, at: end).map { $0 + lost.total }
    }
    alarm = lost.sleep(until: twin.core.nextDeadline, at: end).map { $0 + lost.total }
  }

  /// News of the world for the supervisor.
  private enum News {
    case event(Event)
    case request(Scenario.Request)
    case beat(Int)
  }

  private mutating func occur(_ item: Agenda.Item) -> News? {
    switch item {
    case .input(let position): .request(scenario.inputs[position].request)
    case .beat(let slot): world.beats(slot) ? .beat(slot) : nil
    case .spawnDone, .death, .membersDie, .checkDone, .hookDone, .speech, .calm, .echo: world.happen(item).map { .event($0) }
    }
  }

  private mutating func take(_ news: News) throws(Violation) {
    switch news {
    case .event(let event): try feed(event)
    case .request(let request): try ask(request)
    case .beat(let slot): try beat(slot, nil)
    }
  }

  private mutating func ask(_ request: Scenario.Request) throws(Violation) {
    func slot(_ identity: Int) -> ServiceID? { scenario.position(of: identity).map { ServiceID($0) } }
    switch request {
    case .boot: try command(.boot)
    case .start(let identity, let force): if let id = slot(identity) { try command(.start(id, force: force)) }
    case .stop(let identity, let mode): if let id = slot(identity) { try command(.stop(id, mode)) }
    case .restart(let identity, let force): if let id = slot(identity) { try command(.restart(id, force: force)) }
    case .reloadService(let identity): if let id = slot(identity) { try command(.reload(id)) }
    case .signal(let identity, let signal, let scope): if let id = slot(identity) { try command(.signal(id, signal, scope)) }
    case .reload(let revision): try reload(revision)
    case .startAll: try command(.startAll)
    case .stopAll: try command(.stopAll)
    case .restartAll: try command(.restartAll)
    case .shutdown: try command(.shutdown)
    case .killAll: try command(.killAll)
    case .checkNow(let identity):
      guard let slot = slot(identity), let id = places.id(slot.index) else { return }
      var answer = CheckNowAnswer.notRunning
      try call { [now] core, _ in
        let (found, actions) = core.checkNow(id, at: now)
        answer = found
        return actions
      } read: {
        .checkNow(slot, answer)
      }
    case .beat(let identity, let status):
      if let slot = slot(identity) { try beat(slot.index, status) }
    case .register(let name, let seconds):
      try registry("register") { [now] core in
        core.register(name, type: "t", timeToLive: .seconds(seconds), payload: String(repeating: "x", count: seconds * 97), at: now).1
      }
    case .beatRegistered(let name):
      try registry("beat") { [now] core in
        core.beat(name, status: nil, details: String(repeating: "y", count: Int(now.nanoseconds % 1009)), at: now).1
      }
    case .deregister(let name):
      try registry("deregister") { [now] core in core.deregister(name, at: now).1 }
    }
  }

  private mutating func beat(_ slot: Int, _ status: RegistryEntry.Status?) throws(Violation) {
    guard places.id(slot) != nil else { return }
    let name = scenario.parts[slot].spec.name
    try registry("beat") { [now] core in core.beat(name, status: status, at: now).1 }
  }

  private mutating func registry(_ what: String, _ body: (inout Orchestrator) -> [Action]) throws(Violation) {
    try call { core, _ in
      body(&core)
    } read: {
      .registry(what)
    }
  }

  private mutating func feed(_ event: Event) throws(Violation) {
    guard let inward = places.inward(event) else { return }
    try call { [now] core, draw in
      core.handle(inward, at: now, jitter: draw)
    } read: {
      .event(event)
    }
  }

  private mutating func command(_ command: Command) throws(Violation) {
    guard let inward = places.inward(command) else { return }
    var answer = CommandAnswer.accepted(alsoStarted: [], alsoStopped: [])
    try call { [now] core, draw in
      let (found, actions) = core.perform(inward, by: .program, at: now, jitter: draw)
      answer = found
      return actions
    } read: { [places] in
      .command(command, places.outward(answer))
    }
  }

  /// Reloads the file, changed or not.
  private mutating func reload(_ revision: Revision) throws(Violation) {
    let (next, restarting) = edition.revised(revision, scenario.position) { [book = checker.book] in book.pages[$0].hasRetired }
    let slots = next.slots
    let old = places
    let new = Places(slots, of: scenario.parts.count)
    guard let graph = try? next.graph() else { throw Violation(invariant: 0, sentence: "no graph for a reload") }
    let reload = Reload(
      graph: graph, types: graph.services.map(\.name), origins: slots.map(old.id), retiring: Set(next.leaving.compactMap(new.id)),
      restarting: Set(restarting.compactMap(new.id)), rechecking: Set(next.rechecked(since: edition).compactMap(new.id)))
    // In a full stop a reload does nothing.
    if twin.core.node.isShuttingDown || (next.isSame(as: edition) && restarting.isEmpty) {
      try twin.reloadSame(reload, at: now)
      return try take(.reload(Step.Reload(specs: edition.known(), restarting: [])), [], [])
    }
    let rechecked = next.rechecked(since: edition)
    edition = next
    places = new
    let actions = twin.reload(reload, at: now)
    let step = Step.Reload(
      specs: next.known(), leaving: Set(next.leaving), file: Set(next.file), restarting: restarting, rechecked: rechecked)
    try take(.reload(step), [], actions)
  }

  /// One call of the core. `input` is read after the call, as it includes the core's answer.
  private mutating func call(
    _ body: (inout Orchestrator, () -> Double) -> [Action], read input: () -> Step.Input
  ) throws(Violation) {
    let (actions, drawn) = try twin.feed(&order, body)
    try take(input(), drawn, actions)
  }

  private mutating func take(_ input: Step.Input, _ drawn: [Double], _ actions: [Action]) throws(Violation) {
    steps += 1
    let actions = actions.map(places.outward)
    for action in actions { trace.fold(action) }
    trace.fold(now.nanoseconds)
    let touched = twin.takeTouched().map { places.outward(twin.core.view($0)) }
    let step = Step(at: now, input: input, draws: drawn, actions: actions, touched: touched, node: twin.core.node)
    story?.tell(step)
    for action in actions { world.carryOut(action) }
    try checker.read(step)
    let stale = Audit(twin.core).staleStandings
    if !stale.isEmpty { throw Violation(invariant: 6, sentence: "neighbours see an older standing of \(stale.joined(separator: ", "))") }
    let size = twin.core.registrySize
    if size.used != Audit(twin.core).recountedRegistrySize || size.used > size.limit {
      throw Violation(
        invariant: 6, sentence: "the registry's size is \(size.used), counted again \(Audit(twin.core).recountedRegistrySize)")
    }
    if steps % 64 == 0 { try nothingUntold() }
    if let calls = album?.calls, steps % calls == 0 { album?.pictures.append((twin.core.snapshot(), now)) }
  }

  /// Checks that every changed service is among the ones that the core reports as touched.
  private func nothingUntold() throws(Violation) {
    for index in twin.core.graph.services.indices {
      let view = places.outward(twin.core.view(ServiceID(index)))
      let known = checker.book.pages[view.id.index].view
      guard known.status == view.status, known.health == view.health, known.attempts == view.attempts, known.checks == view.checks,
        known.blockers == view.blockers, known.isAlive == view.isAlive, known.run == view.run
      else { throw Violation(invariant: 6, sentence: "\(twin.core.graph.services[index].name) changed and was not touched") }
    }
  }
}
