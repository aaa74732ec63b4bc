// The supervisor's own state, owned by one task: inputs become events for the core, its actions are carried out, and changes are published.

import Exposition
import Logging
import Orchestration
import Probes
import Processes
import ServiceFile

/// Connects the core with the drivers. A value owned by one task, so no other code can touch it; callers post requests to it.
struct SupervisorLoop {
  var core: Orchestrator
  /// By the service's index.
  var services: [Service]
  /// By the service's index.
  var records: [ServiceRecord]
  var drivers: Drivers
  let clock: SupervisorClock
  var deadlineTimer: DeadlineTimer

  let publication: Publication
  /// The log, and the events for subscribers.
  var reporter: ChangeReporter
  let instruments = Instruments()
  /// The state that outlives this Stoker.
  var history: HistoryWriter
  /// The record of live processes; nil without a state directory.
  let runtime: RuntimeRecorder?
  /// Whether the record is outdated.
  var runningChanged = false

  /// The services whose last check could not be made, for lack of descriptors.
  var unchecked: Set<String> = []

  /// The replies that are still due.
  var replies = PendingReplies()
  var reloads: ReloadState
  var stop: StopAnnouncement
  /// Adopted runs whose main process had ended before, with its end counted by the earlier Stoker.
  var countedEnds: Set<RunKey> = []

  init(
    _ services: [Service], _ graph: DependencyGraph, reloads: ReloadState, drivers: Drivers, history: HistoryWriter,
    runtime: RuntimeRecorder?, reporter: ChangeReporter, clock: SupervisorClock, deadlineTimer: DeadlineTimer,
    stop: StopAnnouncement = StopAnnouncement(didBegin: nil), registrySize: Int? = nil, exits: ExitPolicy = ExitPolicy()
  ) {
    self.services = services
    self.reloads = reloads
    self.drivers = drivers
    self.history = history
    self.runtime = runtime
    self.reporter = reporter
    self.clock = clock
    self.deadlineTimer = deadlineTimer
    self.stop = stop
    core = Orchestrator(graph, types: services.map(\.type), registrySize: registrySize, exits: exits, at: clock.now)
    records = Array(repeating: ServiceRecord(), count: services.count)
    publication = Publication(Published(snapshot: core.snapshot(), services: services, records: records))
    _ = core.takeTouched()
  }

  var graph: DependencyGraph { core.graph }
  var logger: Logger { reporter.logger }

  /// Handles a batch of inputs, and publishes once.
  mutating func handle(_ inputs: [Input]) {
    if let lateness = clock.wake() { report(lateness) }
    publication.begin(at: clock.now)
    for input in inputs { handle(input) }
    wakeCoreIfDue()
    removeRetired()
    publish()
    publication.end()
    reporter.published(publication, clock)
    replies.published()
    settleReplies()
    deadlineTimer.set(clock.sleep(until: nextDeadline))
  }

  private func report(_ lateness: LostTime.Lateness) {
    instruments.loopLag.observe(lateness.time.inSeconds)
    guard lateness.isLost else { return }
    let time = lateness.time.text
    logger.warning("Stoker itself did not run for \(time) or longer: it was stopped, swapped out or frozen; this counts for no deadline")
  }

  private mutating func handle(_ input: Input) {
    switch input {
    case .driver(let event): handle(event)
    case .wake: deadlineTimer.fired()
    case .request(let request): request(&self)
    }
  }

  private mutating func wakeCoreIfDue() {
    let now = clock.now
    guard clock.mayJudge(), let due = core.nextDeadline, due <= now else { return }
    carryOut(core.handle(.wake, at: now, jitter: Self.jitter), at: now)
  }

  /// Hands an event of a service to the core, if the service still exists.
  mutating func feed(_ name: String, _ event: (ServiceID) -> Event) {
    guard let id = graph.id(named: name) else { return }
    feed(event(id))
  }

  /// - Parameter answer: The probe's answer, if the event is its result.
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

  /// Publishes all changes since the last time. Write-ahead: history first, so no reader sees a state that a successor does not know.
  private mutating func publish() {
    let touched = core.takeTouched()
    let node = core.node
    // Published only when it changed: a reader that holds a copy makes the core's next change copy all of it.
    let registry = core.takeRegistryTouched() ? (core.registry, core.registrySize) : nil
    let views = touched.map { core.view($0) }
    for view in views { history.write(view, of: services[view.id.index], clock: clock) }
    publication.update { published in
      for view in views {
        published.snapshot.services[view.id.index] = view
        published.records[view.id.index] = records[view.id.index]
      }
      published.snapshot.node = node
      if let registry { (published.snapshot.registry, published.snapshot.registrySize) = registry }
    }
    guard runningChanged, let runtime else { return }
    runningChanged = false
    let (bootID, groups) = (runtime.bootID, drivers.processes.groups)
    runtime.changed { [publication, clock] in publication.read().running(clock, bootID: bootID, groups: groups) }
  }

  /// Replies to commands whose goal is reached or missed.
  private mutating func settleReplies() {
    // Most inputs find nobody who waits: then nothing is copied for the reasons.
    guard !replies.isEmpty else { return }
    let now = clock.now
    replies.settle(core, at: now) { [records, core] id in
      records[id.index].lastError?.sentence ?? Sentence(core.view(id).cause.text(in: core.graph))
    } unread: { [records] id in
      records[id.index].unread?.until
    } obstacle: { [core] id in
      let snapshot = core.snapshot()
      let root = snapshot[RootCauses(of: snapshot)[id]]
      return root.status == .failed && !root.comesBack ? root.id : nil
    } whyNot: { [publication] id in
      publication.read().explain(id, at: now, \.full).sentence
    }
  }

  /// Ends the loop: cancels its work and replies to all that still wait.
  mutating func end() {
    deadlineTimer.cancel()
    drivers.cancelAll()
    replies.end()
  }
}
