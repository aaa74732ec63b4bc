// The supervisor's own state, owned by one task: inputs become events for the core, the core's actions are carried out, and what changed is
// published.

import Exposition
import Logging
import Orchestration
import Probes
import Processes
import ServiceFile

/// The core against the world. A value owned by `Supervisor.run`, so nobody else can touch it; whoever wants something posts a request.
struct SupervisorLoop {
  /// By the service's index.
  var services: [Service]
  let workshop: Workshop
  let clock: SupervisorClock
  let world: World
  let logger: Logger
  let publication: Publication
  let instruments: Instruments
  /// What outlives this Stoker.
  var chronicle: Chronicle
  /// The log, and the events for those who follow.
  var telling: Telling

  var core: Orchestrator
  var tasks: TaskDriver
  var checks: CheckDriver
  var hooks: HookDriver
  var alarm: Alarm
  var records: [ServiceRecord]
  /// Answers that are still to be given.
  var replies = PendingReplies()
  /// Runs of an earlier Stoker whose main process had ended, which it had counted.
  var countedEnds: Set<RunKey> = []
  /// The service file, and what reloads have left behind.
  var reloads: ReloadState
  /// Another process runs, or one less.
  var runningChanged = false

  init(
    _ services: [Service], file: ServiceFile?, didReload: (@Sendable (ServiceFile) -> Void)?, graph: DependencyGraph, workshop: Workshop,
    world: World, chronicle: Chronicle, events: EventLog,
    clock: SupervisorClock, mailbox: Mailbox, logger: Logger, resolution: Duration
  ) {
    self.services = services
    reloads = ReloadState(file: file, didReload: didReload)
    self.workshop = workshop
    self.clock = clock
    self.world = world
    self.chronicle = chronicle
    telling = Telling(logger: logger, events: events)
    self.logger = logger
    instruments = world.instruments
    core = Orchestrator(graph, types: services.map(\.type), at: clock.now)
    tasks = TaskDriver(mailbox: mailbox)
    checks = CheckDriver(commands: world.processes.commands, mailbox: mailbox)
    hooks = HookDriver(commands: world.processes.commands, mailbox: mailbox)
    alarm = Alarm(clock: clock, mailbox: mailbox, thread: world.loopThread)
    records = Array(repeating: ServiceRecord(), count: services.count)
    var published = Published(snapshot: core.snapshot(), services: services, records: records)
    published.file.resolution = resolution
    publication = Publication(published)
    _ = core.takeTouched()
  }

  var graph: DependencyGraph { core.graph }

  /// Handles a batch of inputs, and publishes once.
  mutating func handle(_ inputs: [Input]) {
    publication.begin(at: clock.now)
    for input in inputs { handle(input) }
    wakeCoreIfDue()
    letGoOfRetired()
    publish()
    publication.end()
    telling.published(publication, clock)
    replies.published()
    settleReplies()
    alarm.set(nextDeadline)
  }

  private mutating func handle(_ input: Input) {
    switch input {
    case .processes(let events): handle(events)
    case .taskBegan(let name, let run): feed(name) { .spawned($0, run: run) }
    case .taskEnded(let name, let run, let error): taskEnded(name, run: run, error)
    case .unprepared(let name, let run, let reason): startFailed(name, run: run, reason)
    case .notified(let name, let run, let notification):
      feed(name) { .notified($0, run: run, notification) }
      runningChanged = true
    case .hookFinished(let name, let run, let hook, let problem): hookFinished(name, run: run, hook, problem)
    case .checked(let check, let outcome):
      guard let id = checks.finished(check).flatMap({ graph.id(named: $0) }) else { return }
      feed(.checkFinished(id, check: check, passed: outcome.passed), ProbeAnswer(check: check, outcome: outcome))
    case .wake: alarm.wentOff()
    case .request(let request): request(&self)
    }
  }

  private mutating func wakeCoreIfDue() {
    let now = clock.now
    guard let due = core.nextDeadline, due <= now else { return }
    instruments.loopLag.observe((now - due).inSeconds)
    carryOut(core.handle(.wake, at: now, jitter: Self.jitter), at: now)
  }

  /// Tells the core something of a service, if it is still there.
  mutating func feed(_ name: String, _ event: (ServiceID) -> Event) {
    guard let id = graph.id(named: name) else { return }
    feed(event(id))
  }

  /// - Parameter answer: The probe's answer, where the event is its result.
  mutating func feed(_ event: Event, _ answer: ProbeAnswer? = nil) {
    let now = clock.now
    carryOut(core.handle(event, at: now, jitter: Self.jitter), at: now, answer)
  }

  static func jitter() -> Double {
    Double.random(in: 0..<1)
  }

  func name(_ id: ServiceID) -> String {
    services[id.index].name
  }

  private var nextDeadline: Instant? {
    [replies.deadline, core.nextDeadline].compactMap(\.self).min()
  }

  /// Publishes what has changed since the last time. What is to outlive us is written first: nobody has seen more than a successor will know.
  private mutating func publish() {
    let touched = core.takeTouched()
    let node = core.node
    // Republished only when it changed: whoever holds a copy makes the core's next change copy the whole of it.
    let registry = core.takeRegistryTouched() ? core.registry : nil
    let views = touched.map { core.view($0) }
    for view in views { chronicle.note(view, of: name(view.id), clock: clock) }
    publication.update { published in
      for view in views {
        published.snapshot.services[view.id.index] = view
        published.records[view.id.index] = records[view.id.index]
      }
      published.snapshot.node = node
      if let registry { published.snapshot.registry = registry }
    }
    guard runningChanged else { return }
    runningChanged = false
    world.runtime?.changed { [publication, clock, world] in publication.read().running(clock, in: world) }
  }

  /// Answers those whose goal is reached or lost.
  private mutating func settleReplies() {
    let now = clock.now
    replies.settle(core, at: now) { [publication] id in publication.read().snapshot.explain(id, at: now).sentence }
  }

  /// The loop is over: nobody is left waiting.
  mutating func end() {
    alarm.cancel()
    checks.cancelAll()
    hooks.cancelAll()
    replies.end()
  }
}
