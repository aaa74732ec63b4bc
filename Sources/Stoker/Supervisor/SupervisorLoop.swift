// The supervisor's own state, owned by one task: inputs become events for the core, the core's actions are carried out, and what changed is
// published.

import Exposition
import Logging
import Orchestration
import Probes
import Processes

/// The core against the world. A value owned by `Supervisor.run`, so nobody else can touch it; whoever wants something posts a request.
struct SupervisorLoop {
  let services: [Service]
  let graph: DependencyGraph
  let clock: SupervisorClock
  let world: World
  let logger: Logger
  let publication: Publication
  let instruments: Instruments

  var core: Orchestrator
  var tasks: TaskDriver
  var checks: CheckDriver
  var alarm: Alarm
  var records: [ServiceRecord]
  /// Check answers between their arrival and the core's word on them.
  var outcomes: [UInt64: Outcome] = [:]
  var waits: [CommandWait] = []
  var checkNowBatches: [CheckNowBatch] = []
  /// Answers that wait until what they speak of can be read.
  var afterPublishing: [@Sendable () -> Void] = []
  /// How it ended, once it is over.
  private(set) var ending: Result<StopReport, any Error>?
  /// Who waits for the end.
  private var waitsForEnd: CheckedContinuation<StopReport, any Error>?
  /// What the in-process run threw whose end is being handled.
  var thrown: String?
  private var runningChanged = false

  init(_ services: [Service], graph: DependencyGraph, world: World, clock: SupervisorClock, mailbox: Mailbox, logger: Logger) {
    self.services = services
    self.graph = graph
    self.world = world
    self.clock = clock
    self.logger = logger
    instruments = world.instruments
    core = Orchestrator(graph, types: services.map(\.type), at: clock.now)
    tasks = TaskDriver(mailbox: mailbox)
    checks = CheckDriver(probers: world.probers, mailbox: mailbox)
    alarm = Alarm(clock: clock, mailbox: mailbox, thread: world.loopThread)
    records = Array(repeating: ServiceRecord(), count: services.count)
    publication = Publication(Published(snapshot: core.snapshot(), records: records))
    _ = core.takeTouched()
  }

  /// Handles a batch of inputs, and publishes once.
  mutating func handle(_ inputs: [Input]) {
    for input in inputs { handle(input) }
    wakeCoreIfDue()
    publish()
    for answer in afterPublishing { answer() }
    afterPublishing.removeAll()
    settleWaits()
    alarm.set(nextDeadline)
  }

  private mutating func handle(_ input: Input) {
    switch input {
    case .processes(let events): handle(events)
    case .task(let event, let error): handle(event, error: error)
    case .unprepared(let id, let run, let reason):
      records[id.index].lastError = reason
      logger.error("\(name(id)): cannot start: \(reason)")
      feed(.spawnFailed(id, run: run))
    case .checked(let id, let check, let outcome):
      checks.finished(check)
      outcomes[check] = outcome
      feed(.checkFinished(id, check: check, passed: outcome.passed))
      outcomes[check] = nil
    case .wake: alarm.wentOff()
    case .request(let request): request(&self)
    }
  }

  private mutating func handle(_ event: Event, error: String?) {
    if case .exited(let id, let run, _, _) = event { tasks.ended(id, run: run) }
    thrown = error
    feed(event)
    thrown = nil
  }

  /// Process news; a run of which nothing is left has its `emptied` right behind its `exited`, and the core hears of both at once.
  private mutating func handle(_ events: [ProcessEvent]) {
    var emptied: Set<RunKey> = []
    for case .emptied(let key) in events { emptied.insert(key) }
    for event in events {
      switch event {
      case .spawned(let key, let identity):
        world.processes.spawned(key, identity)
        guard let id = world.processes.service(key) else { continue }
        records[id.index].process = identity
        records[id.index].run = key.run
        runningChanged = true
        feed(.spawned(id, run: key.run))
      case .spawnFailed(let key, let error):
        world.processes.spawnFailed(key, error)
        guard let id = world.processes.service(key) else { continue }
        records[id.index].lastError = error.description
        logger.error("\(name(id)): cannot start: \(error)")
        feed(.spawnFailed(id, run: key.run))
      case .exited(let key, let exit, let usage):
        world.processes.exited(key, exit, usage)
        guard let id = world.processes.service(key) else { continue }
        records[id.index].process = nil
        runningChanged = true
        feed(.exited(id, run: key.run, exit, isEmpty: emptied.remove(key) != nil))
      case .emptied(let key):
        world.processes.emptied(key)
        // What is no longer in the set was told with its exit above.
        guard emptied.contains(key), let id = world.processes.service(key) else { continue }
        feed(.emptied(id, run: key.run))
      }
    }
  }

  private mutating func wakeCoreIfDue() {
    let now = clock.now
    guard let due = core.nextDeadline, due <= now else { return }
    instruments.loopLag.observe((now - due).inSeconds)
    carryOut(core.handle(.wake, at: now, jitter: Self.jitter), at: now)
  }

  mutating func feed(_ event: Event) {
    let now = clock.now
    carryOut(core.handle(event, at: now, jitter: Self.jitter), at: now)
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

  /// Publishes what has changed since the last time.
  private mutating func publish() {
    let touched = core.takeTouched()
    let node = core.node
    // Republished only when it changed: whoever holds a copy makes the core's next change copy the whole of it.
    let registry = core.takeRegistryTouched() ? core.registry : nil
    publication.update { published in
      for id in touched {
        let view = core.view(id)
        noteRestart(id, before: published.snapshot.services[id.index], after: view)
        published.snapshot.services[id.index] = view
        published.records[id.index] = records[id.index]
      }
      published.snapshot.node = node
      if let registry { published.snapshot.registry = registry }
    }
    guard runningChanged else { return }
    runningChanged = false
    world.recordRunning(runningProcesses)
  }

  /// The full stop is over, or there was nothing to supervise.
  mutating func conclude(_ result: Result<StopReport, any Error>) {
    guard ending == nil else { return }
    ending = result
    waitsForEnd?.resume(with: result)
    waitsForEnd = nil
  }

  /// Something that must be there before the first service starts is not.
  mutating func fail(_ error: any Error) {
    conclude(.failure(error))
  }

  /// Answers when the end is there.
  mutating func tellEnd(to reply: CheckedContinuation<StopReport, any Error>) {
    if let ending { reply.resume(with: ending) } else { waitsForEnd = reply }
  }

  /// The processes that live now, for `runtime.json`.
  private var runningProcesses: [RunningRecord] {
    let bootID = world.bootID
    return records.enumerated().compactMap { index, record in
      record.process.map { RunningRecord(name: services[index].name, run: record.run, identity: $0, bootID: bootID) }
    }
  }

  /// The loop is over: nobody is left waiting.
  mutating func end() {
    alarm.cancel()
    checks.cancelAll()
    for wait in waits { wait.reply.resume(returning: .missed("Stoker has ended")) }
    for batch in checkNowBatches { batch.reply.resume(returning: batch.results) }
    waits = []
    checkNowBatches = []
  }
}
