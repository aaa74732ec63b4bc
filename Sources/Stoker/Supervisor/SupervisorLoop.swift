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
  /// The service file that the services are from, if they are from one.
  var file: ServiceFile?
  let workshop: Workshop
  let didReload: (@Sendable (ServiceFile) -> Void)?
  let clock: SupervisorClock
  let world: World
  let logger: Logger
  let publication: Publication
  let instruments: Instruments
  /// What outlives this Stoker.
  var chronicle: Chronicle
  /// What is told of it to those who follow, and what this batch of inputs adds.
  let events: EventLog
  var told: [LiveEvent] = []

  var core: Orchestrator
  var tasks: TaskDriver
  var checks: CheckDriver
  var hooks: HookDriver
  var alarm: Alarm
  var records: [ServiceRecord]
  var waits: [CommandWait] = []
  var checkNowBatches: [CheckNowBatch] = []
  /// Answers that wait until what they speak of can be read.
  var afterPublishing: [@Sendable () -> Void] = []
  /// How it ended, once it is over.
  private(set) var ending: Result<StopReport, any Error>?
  /// Who waits for the end.
  private var waitsForEnd: CheckedContinuation<StopReport, any Error>?
  /// Runs of an earlier Stoker whose main process had ended, which it had counted.
  var countedEnds: Set<RunKey> = []
  /// Another process runs, or one less.
  var runningChanged = false
  /// Logs that a reload has given another place: closed when the run that writes there is over.
  var formerLogs: [RunKey: ServiceLog] = [:]
  /// Of services that are not in the file, the number of their last run: should they come back, the next is higher.
  var lastRuns: [String: UInt64] = [:]
  /// Of the file that was read last of those that were put in place or found wrong.
  var reloadTicket: UInt64 = 0
  /// Services that a reload took out of the file, and of which nothing is left any more.
  var retired: [ServiceID] = []

  init(
    _ services: [Service], file: ServiceFile?, didReload: (@Sendable (ServiceFile) -> Void)?, graph: DependencyGraph, workshop: Workshop,
    world: World, chronicle: Chronicle, events: EventLog,
    clock: SupervisorClock, mailbox: Mailbox, logger: Logger, resolution: Duration
  ) {
    self.services = services
    self.file = file
    self.didReload = didReload
    self.workshop = workshop
    self.clock = clock
    self.world = world
    self.chronicle = chronicle
    self.events = events
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
    // Whoever reads again for what he was told finds it.
    events.append(told.diagnosed(in: publication.read(), at: clock.now))
    told.removeAll()
    for answer in afterPublishing { answer() }
    afterPublishing.removeAll()
    settleWaits()
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

  /// - Parameter answer: What the probe said, where the event is its result.
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
    let waiting = waits.map(\.deadline).min()
    guard let core = core.nextDeadline else { return waiting }
    return waiting.map { min($0, core) } ?? core
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

  /// The full stop is over, or there was nothing to supervise.
  mutating func conclude(_ result: Result<StopReport, any Error>) {
    guard ending == nil else { return }
    ending = result
    guard let reply = waitsForEnd else { return }
    waitsForEnd = nil
    // Once the last changes are among the events: whoever hears of the end closes them.
    afterPublishing.append { reply.resume(with: result) }
  }

  /// Something that must be there before the first service starts is not.
  mutating func fail(_ error: any Error) {
    conclude(.failure(error))
  }

  /// Answers when the end is there.
  mutating func tellEnd(to reply: CheckedContinuation<StopReport, any Error>) {
    if let ending { afterPublishing.append { reply.resume(with: ending) } } else { waitsForEnd = reply }
  }

  /// The loop is over: nobody is left waiting.
  mutating func end() {
    alarm.cancel()
    checks.cancelAll()
    hooks.cancelAll()
    for wait in waits { wait.reply.resume(returning: .missed("Stoker has ended")) }
    for batch in checkNowBatches { batch.reply.resume(returning: batch.results) }
    waits = []
    checkNowBatches = []
  }
}
