// A whole history: core, world and checker together, in virtual time.

import Orchestration

/// What came of a simulation.
public struct Outcome: Sendable {
  /// A fingerprint of everything that went in and came out, in order.
  public var hash: UInt64
  /// Calls of the core.
  public var steps: Int
  /// The first broken invariant.
  public var violation: Violation?
  /// The history in lines for people, if it was asked for.
  public var lines: [String]
}

/// Runs a scenario to its end, or to the first broken invariant.
public func simulate(_ scenario: Scenario, tells: Bool = false) -> Outcome {
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

/// One history while it runs.
struct Simulation {
  private var core: Orchestrator
  private var world: World
  private var checker: Checker
  private let scenario: Scenario
  private var order: Draws
  private var now = Instant(nanoseconds: 0)
  private var trace = Trace()
  private var steps = 0
  private var story: Story?

  init(_ scenario: Scenario, tells: Bool) throws(GraphError) {
    let specs = scenario.services
    let graph = try DependencyGraph(specs)
    self.scenario = scenario
    core = Orchestrator(graph, at: now)
    world = World(scenario, specs)
    checker = Checker(specs, at: now)
    order = Draws(seed: scenario.seed, stream: 2_000_000)
    story = tells ? Story(graph) : nil
  }

  func outcome(_ violation: Violation?) -> Outcome {
    Outcome(hash: trace.hash, steps: steps, violation: violation, lines: story?.lines ?? [])
  }

  mutating func run() throws(Violation) {
    while let next = nextMoment(), next <= scenario.end {
      now = next
      world.now = next
      // What is due at the same moment comes in an order drawn by the seed.
      let isWakeDue = core.nextDeadline.map { $0 <= now } ?? false
      if isWakeDue, world.agenda.first != now || order.happens(50) {
        try feed(.event(.wake))
      } else if let (_, item) = world.agenda.take() {
        try happen(item)
      }
    }
    try checker.readEnd()
  }

  private func nextMoment() -> Instant? {
    switch (core.nextDeadline, world.agenda.first) {
    case (let deadline?, let first?): max(now, min(deadline, first))
    case (let moment?, nil), (nil, let moment?): max(now, moment)
    case (nil, nil): nil
    }
  }

  private mutating func happen(_ item: Agenda.Item) throws(Violation) {
    switch item {
    case .input(let position):
      try ask(scenario.inputs[position].request)
    case .beat(let index):
      if world.beats(index) {
        let (_, actions) = core.beat(core.graph.services[index].name, status: nil, at: now)
        try take(.registry("beat"), [], actions)
      }
    case .spawnDone, .death, .membersDie, .checkDone, .calm, .echo:
      if let event = world.happen(item) { try feed(.event(event)) }
    }
  }

  private mutating func ask(_ request: Scenario.Request) throws(Violation) {
    func id(_ identity: Int) -> ServiceID? { scenario.position(of: identity).map { ServiceID($0) } }
    switch request {
    case .boot: try feed(.command(.boot, .accepted(alsoStarted: [], alsoStopped: [])))
    case .start(let identity, let force): if let id = id(identity) { try command(.start(id, force: force)) }
    case .stop(let identity, let mode): if let id = id(identity) { try command(.stop(id, mode)) }
    case .restart(let identity, let force): if let id = id(identity) { try command(.restart(id, force: force)) }
    case .shutdown: try command(.shutdown)
    case .killAll: try command(.killAll)
    case .checkNow(let identity):
      guard let id = id(identity) else { return }
      let (answer, actions) = core.checkNow(id, at: now)
      try take(.checkNow(id, answer), [], actions)
    case .beat(let identity, let status):
      guard let id = id(identity) else { return }
      let (_, actions) = core.beat(core.graph[id].name, status: status, at: now)
      try take(.registry("beat"), [], actions)
    case .register(let name, let seconds):
      let (_, actions) = core.register(name, type: "t", timeToLive: .seconds(seconds), payload: "{}", at: now)
      try take(.registry("register"), [], actions)
    case .beatRegistered(let name):
      let (_, actions) = core.beat(name, status: nil, at: now)
      try take(.registry("beat"), [], actions)
    case .deregister(let name):
      let (_, actions) = core.deregister(name, at: now)
      try take(.registry("deregister"), [], actions)
    }
  }

  private mutating func command(_ command: Command) throws(Violation) {
    try feed(.command(command, .accepted(alsoStarted: [], alsoStopped: [])))
  }

  private mutating func feed(_ input: Step.Input) throws(Violation) {
    var drawn: [Double] = []
    var chances = order
    let draw: () -> Double = {
      let chance = chances.unit()
      drawn.append(chance)
      return chance
    }
    var input = input
    var actions: [Action] = []
    switch input {
    case .event(let event):
      actions = core.handle(event, at: now, jitter: draw)
    case .command(let command, _):
      let (verdict, all) = core.perform(command, by: .program, at: now, jitter: draw)
      actions = all
      input = .command(command, verdict)
    case .checkNow, .registry:
      break
    }
    order = chances
    try take(input, drawn, actions)
  }

  private mutating func take(_ input: Step.Input, _ drawn: [Double], _ actions: [Action]) throws(Violation) {
    steps += 1
    for action in actions { trace.fold(action) }
    trace.fold(now.nanoseconds)
    let touched = core.takeTouched().map { core.view($0) }
    let step = Step(at: now, input: input, draws: drawn, actions: actions, touched: touched, node: core.node)
    story?.tell(step)
    for action in actions { world.carryOut(action) }
    try checker.read(step)
    if steps % 64 == 0 { try nothingUntold() }
  }

  /// What changed is among what the core says has changed.
  private func nothingUntold() throws(Violation) {
    for index in core.graph.services.indices {
      let known = checker.book.pages[index].view
      let view = core.view(ServiceID(index)).values
      guard known.status == view.status, known.health == view.health, known.attempts == view.attempts, known.checks == view.checks,
        known.blockers == view.blockers, known.isAlive == view.isAlive, known.run == view.run
      else { throw Violation(invariant: 6, sentence: "\(core.graph.services[index].name) changed and was not touched") }
    }
  }
}
