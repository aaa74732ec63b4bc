// Events of drivers, as events for the core.

import Journal
import Linux
import Logging
import Orchestration
import Probes
import Processes
import ServiceLogs

extension SupervisorLoop {
  mutating func handle(_ event: DriverEvent) {
    switch event {
    case .processes(let events): handle(events)
    case .taskBegan(let name, let run): feed(name) { .spawned($0, run: run) }
    case .taskEnded(let name, let run, let error): taskEnded(name, run: run, error)
    case .unprepared(let name, let run, let reason, let isHopeless): startFailed(name, run: run, reason, isHopeless)
    case .notified(let name, let run, let notification):
      feed(name) { .notified($0, run: run, notification) }
      runningChanged = true
    case .hookFinished(let name, let run, let hook, let problem): hookFinished(name, run: run, hook, problem)
    case .drained(let key, let line):
      guard let id = graph.id(named: key.owner) else { return }
      let error = records[id.index].read(line, of: key.run)
      core.touch(id)
      guard let error = error?.sentence else { return }
      reporter.reportToSubscribers(
        LiveEvent(
          at: clock.timestamp(clock.now), service: name(id), what: .lastError(run: key.run, error), message: "\(name(id)): \(error)"))
    case .checked(let check, let outcome):
      guard let id = drivers.checkFinished(check).flatMap({ graph.id(named: $0) }) else { return }
      noteShortage(outcome, of: id)
      feed(
        .checkFinished(id, check: check, passed: outcome.isMade ? outcome.passed : nil), ProbeAnswer(check: check, outcome: outcome))
    }
  }

  /// Says once that checks are not made, and once that they are made again.
  private mutating func noteShortage(_ outcome: ProbeResult, of id: ServiceID) {
    defer { if publication.read().unchecked != unchecked { publication.update { $0.unchecked = unchecked } } }
    if outcome.isMade {
      guard !unchecked.isEmpty else { return }
      unchecked.remove(name(id))
      // Those that have ended meanwhile, or that a reload took away, are not checked again.
      unchecked = unchecked.filter { name in graph.id(named: name).map(core.isChecked) ?? false }
      if unchecked.isEmpty { logger.notice("checks are made again") }
    } else {
      if unchecked.isEmpty { logger.error("checks cannot be made, and health stays as it is: \(name(id)): \(outcome.message)") }
      unchecked.insert(name(id))
    }
  }

  /// Handles process events. If no process of a run is left, its `emptied` follows its `exited`, and the core gets both as one event.
  private mutating func handle(_ events: [ProcessEvent]) {
    var emptied: Set<RunKey> = []
    for case .emptied(let key) in events { emptied.insert(key) }
    for event in events {
      let key = event.key
      if drivers.processes.commands.owns(key) {
        drivers.processes.commands.handle(event)
        continue
      }
      guard let id = graph.id(named: key.owner) else { continue }
      switch event {
      case .spawned(_, let identity): spawned(id, run: key.run, identity)
      case .spawnFailed(_, let error):
        services[id.index].log?.release(run: key.run)
        startFailed(key.owner, run: key.run, error.description, error.isHopeless)
      case .exited(_, let exit, let usage): exited(id, key, exit, usage, isEmpty: emptied.remove(key) != nil)
      case .emptied:
        // A key that is no longer in the set was handled with its exit above.
        if emptied.contains(key) { feed(.emptied(id, run: key.run)) }
      case .notified(_, let notification): notified(id, run: key.run, notification)
      case .refused(_, let reason, let pid):
        logger.warning(
          """
          \(name(id)): a notification of process \(pid) was refused (ready.from: main): \(reason). Further ones of this kind are not \
          reported in this run
          """, metadata: LogCause.metadata("refused", name(id)))
      case .unnamed(_, let fault): unnamed(id, fault)
      case .unheard(_, let error):
        logger.warning(
          """
          \(name(id)): its notifications cannot be received: \(error); another process has taken the name of the socket that an earlier \
          Stoker gave it. Its readiness stays as it was recorded, and no sign of life is expected, until its next run
          """, metadata: LogCause.metadata("unheard", name(id)))
        feed(.notified(id, run: key.run, .unheard))
      case .unsettled(_, let error): unsettled(id, error)
      case .adopted: break
      }
    }
  }

  /// The processes of a run cannot be looked at, or can be again.
  private mutating func unsettled(_ id: ServiceID, _ error: SystemError?) {
    let was = records[id.index].unsettled
    records[id.index].unsettled = error.map(\.description)
    core.touch(id)
    let metadata = LogCause.metadata("unsettled", name(id))
    if let error {
      logger.error("\(name(id)): its processes cannot be looked at: \(error); it goes on when they can", metadata: metadata)
    } else if was != nil {
      logger.notice("\(name(id)): its processes can be looked at again", metadata: metadata)
    }
  }

  private mutating func spawned(_ id: ServiceID, run: UInt64, _ identity: ProcessIdentity) {
    records[id.index].process = identity
    records[id.index].run = run
    records[id.index].said = nil
    runningChanged = true
    services[id.index].usage.started(RunKey(owner: name(id), run: run), identity)
    if graph[id].kind == .forking {
      records[id.index].failures.note(
        "\(Cause.startTimedOut(.ready).text(in: graph)): its first process has not ended to go into the background",
        as: .startTimedOut(.ready))
    }
    let restart = records[id.index].restart(of: run)
    history.started(
      name(id), run: run, at: restart?.at ?? .now, cause: restart?.cause ?? records[id.index].startCause ?? stateCause(id),
      reason: restart?.reason, pid: identity.pid)
    feed(.spawned(id, run: run))
  }

  /// The longest that an answer waits for the last line of a run that ended.
  private static let lineWait = Duration.milliseconds(500)

  private mutating func exited(_ id: ServiceID, _ key: RunKey, _ exit: Exit, _ usage: ResourceUsage, isEmpty: Bool) {
    if countedEnds.remove(key) != nil {
      if isEmpty { feed(.emptied(id, run: key.run)) }
      return
    }
    let began = core.view(id).runStarted
    services[id.index].usage.ended(key, usage)
    records[id.index].process = nil
    runningChanged = true
    let stopCause = records[id.index].stopCause
    let others = isEmpty ? [] : drivers.members(of: services[id.index], run: key.run) ?? []
    feed(.exited(id, run: key.run, exit, isEmpty: isEmpty, others: others.count, named: ProcessName.ofOldest(among: others)))
    let former = reloads.formerLogs.removeValue(forKey: key)
    guard let log = former ?? services[id.index].log else { return }
    // The last lines of the run belong to its history, so they are read first.
    let cause = stateCause(id)
    let seconds = began.map { (clock.now - $0).inSeconds }
    let write = history.end(of: key, at: .now, exit: exit, seconds: seconds)
    records[id.index].ended(key.run, waitsUntil: clock.now + Self.lineWait)
    log.release(run: key.run) { [report = drivers.report] in
      let line = QuotedLine.last(of: log.lastErrorLines(of: key.run))
      write((stopCause ?? cause).stored(with: line), log.lastLines(of: key.run, count: RunEnd.mostLines).map(\.text))
      report(.drained(key, line: line))
      former?.close()
    }
  }

  /// The first process has gone into the background, and the pid file does not name the main one yet.
  private mutating func unnamed(_ id: ServiceID, _ fault: PIDFileFault) {
    guard let file = services[id.index].command?.pidFile else { return }
    let problem = "its pid_file '\(file)' \(fault)"
    records[id.index].failures.note("\(Cause.startTimedOut(.ready).text(in: graph)): \(problem)", as: .startTimedOut(.ready))
    guard !fault.isPassing else { return }
    logger.warning("\(name(id)): \(problem)", metadata: LogCause.metadata("pid file", name(id)))
  }

  /// An in-process service has ended; `error`: the text of the error that it threw.
  private mutating func taskEnded(_ name: String, run: UInt64, _ error: String?) {
    drivers.taskEnded(name, run: run)
    guard let id = graph.id(named: name) else { return }
    let exit = Exit.code(error == nil ? 0 : 1)
    if let error { records[id.index].failures.note(Sentence(error), as: .exited(exit)) }
    feed(.exited(id, run: run, exit, isEmpty: true))
  }

  private mutating func notified(_ id: ServiceID, run: UInt64, _ notification: RunNotification) {
    switch notification {
    case .ready:
      feed(.notified(id, run: run, .ready))
      runningChanged = true
    case .watchdog: feed(.notified(id, run: run, .alive))
    case .watchdogTrigger: feed(.notified(id, run: run, .stuck))
    case .extendTimeout(let time): feed(.notified(id, run: run, .extendTimeout(time)))
    case .status(let text):
      records[id.index].said = text
      core.touch(id)
      logger.debug("\(name(id)): reports: \(text)", metadata: LogCause.metadata("status report", name(id)))
    case .mainProcess(let identity):
      records[id.index].process = identity
      runningChanged = true
      core.touch(id)
      logger.info("\(name(id)): its main process is \(identity.pid) now", metadata: LogCause.metadata("main process", name(id)))
    case .reloading:
      feed(.notified(id, run: run, .reloading))
      logger.info("\(name(id)): reports that it reloads its configuration", metadata: LogCause.metadata("reloading report", name(id)))
    case .stopping: logger.debug("\(name(id)): reports that it stops", metadata: LogCause.metadata("stopping report", name(id)))
    case .errno(let number):
      logger.warning("\(name(id)): reports an error: \(SystemError(errno: number))", metadata: LogCause.metadata("error report", name(id)))
    }
  }

  /// A start failed without a process.
  private mutating func startFailed(_ name: String, run: UInt64, _ reason: String, _ isHopeless: Bool) {
    guard let id = graph.id(named: name) else { return }
    if let stop = records[id.index].stopCause {
      logger.info("\(name): not started: \(reason)", metadata: LogCause.metadata("no start", name))
      recordFailedStart(id, run: run, stage: .spawn, "stopped before it was started: \(stop)")
    } else {
      records[id.index].failures.note(Sentence(reason), as: .startFailed(.spawn))
      records[id.index].fail(Sentence(reason), at: clock.timestamp(clock.now))
      logger.error("\(name): cannot start: \(reason)", metadata: LogCause.metadata("no start", name))
      recordFailedStart(id, run: run, stage: .spawn, Sentence(reason))
    }
    feed(.spawnFailed(id, run: run, isHopeless: isHopeless))
  }

  /// Writes a failed start to the history, with the restart that it was part of, or else with the cause of the start.
  func recordFailedStart(_ id: ServiceID, run: UInt64, stage: StartStage, _ problem: Sentence) {
    let restart = records[id.index].restart(of: run)
    history.startFailed(
      name(id), run: run, at: .now, stage: stage, problem, cause: restart?.cause ?? records[id.index].startCause, reason: restart?.reason)
  }

  /// The cause of a service's present state, as text.
  private func stateCause(_ id: ServiceID) -> Sentence {
    messages(id).cause(core.view(id).cause)
  }

  private mutating func hookFinished(_ name: String, run: UInt64, _ hook: Hook, _ problem: Sentence?) {
    drivers.hookFinished(hook, of: name, run: run)
    guard let id = graph.id(named: name) else { return }
    let isAwaited = core.view(id).hook == hook && core.view(id).run == run
    if let problem, isAwaited, hook == .preStart, let stop = records[id.index].stopCause {
      // Its start was ended by Stoker; one that took too long is in the history already.
      if core.view(id).cause != .startTimedOut(.hook) {
        recordFailedStart(id, run: run, stage: .hook, "stopped before it was started: \(stop)")
      }
      logger.debug("\(name): its \(hook.words) was ended: \(problem.full)", metadata: LogCause.metadata(hook.words, name))
    } else if let problem, isAwaited, hook == .reloadCheck || hook == .reload {
      // It is no error of the service; the end of the reload says it.
      records[id.index].reloadProblem = problem
    } else if let problem, isAwaited {
      let text: Sentence = "\(hook.words): \(problem)"
      records[id.index].fail(text, at: clock.timestamp(clock.now))
      let level: Logger.Level = hook == .preStart ? .error : .warning
      logger.log(level: level, "\(name): its \(hook.words) failed: \(problem.full)", metadata: LogCause.metadata(hook.words, name))
      if hook == .preStart {
        records[id.index].failures.note(text, as: .startFailed(.hook))
        recordFailedStart(id, run: run, stage: .hook, problem)
      }
    } else {
      let ending = problem.map { ": \($0.full)" } ?? ""
      logger.debug("\(name): its \(hook.words) is over\(ending)", metadata: LogCause.metadata(hook.words, name))
    }
    feed(.hookFinished(id, run: run, hook, passed: problem == nil))
  }
}

extension ProcessEvent {
  /// The run that the event belongs to.
  fileprivate var key: RunKey {
    switch self {
    case .spawned(let key, _), .spawnFailed(let key, _), .adopted(let key, _): key
    case .notified(let key, _), .refused(let key, _, _), .unnamed(let key, _), .unheard(let key, _), .unsettled(let key, _),
      .exited(let key, _, _),
      .emptied(let key):
      key
    }
  }
}
