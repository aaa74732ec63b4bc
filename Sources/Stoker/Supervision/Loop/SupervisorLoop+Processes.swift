// The news of processes and hooks, as events for the core.

import Journal
import Linux
import Logging
import Orchestration
import Processes
import ServiceLogs

extension SupervisorLoop {
  /// Process news; a run of which nothing is left has its `emptied` right behind its `exited`, and the core hears of both at once.
  mutating func handle(_ events: [ProcessEvent]) {
    var emptied: Set<RunKey> = []
    for case .emptied(let key) in events { emptied.insert(key) }
    for event in events {
      let key = event.key
      if world.processes.commands.owns(key) {
        world.processes.commands.handle(event)
        continue
      }
      guard let id = graph.id(named: key.owner) else { continue }
      switch event {
      case .spawned(_, let identity): spawned(id, run: key.run, identity)
      case .spawnFailed(_, let error):
        services[id.index].log?.release(run: key.run)
        startFailed(key.owner, run: key.run, error.description)
      case .exited(_, let exit, let usage): exited(id, key, exit, usage, isEmpty: emptied.remove(key) != nil)
      case .emptied:
        // What is no longer in the set was told with its exit above.
        if emptied.contains(key) { feed(.emptied(id, run: key.run)) }
      case .notified(_, let notification): notified(id, run: key.run, notification)
      case .adopted: break
      }
    }
  }

  private mutating func spawned(_ id: ServiceID, run: UInt64, _ identity: ProcessIdentity) {
    records[id.index].process = identity
    records[id.index].run = run
    records[id.index].said = nil
    runningChanged = true
    services[id.index].usage.started(RunKey(owner: name(id), run: run), identity)
    let restart = records[id.index].restart(of: run)
    chronicle.started(
      name(id), run: run, at: restart?.at ?? .now, cause: restart?.cause ?? stateCause(id), reason: restart?.reason, pid: identity.pid)
    feed(.spawned(id, run: run))
  }

  private mutating func exited(_ id: ServiceID, _ key: RunKey, _ exit: Exit, _ usage: ResourceUsage, isEmpty: Bool) {
    if countedEnds.remove(key) != nil {
      if isEmpty { feed(.emptied(id, run: key.run)) }
      return
    }
    let began = core.view(id).runStarted
    services[id.index].usage.ended(key, usage)
    records[id.index].process = nil
    runningChanged = true
    feed(.exited(id, run: key.run, exit, isEmpty: isEmpty))
    let former = reloads.formerLogs.removeValue(forKey: key)
    guard let log = former ?? services[id.index].log else { return }
    // Its last words belong to its history, so they are read first.
    let cause = stateCause(id)
    let seconds = began.map { (clock.now - $0).inSeconds } ?? 0
    let write = chronicle.end(of: key, at: .now, cause: cause, exit: exit, seconds: seconds)
    log.release(run: key.run) {
      write(log.lastLines(of: key.run, count: RunEnd.mostLines).map(\.text))
      former?.close()
    }
  }

  /// An in-process service has ended; `error`: what it threw.
  mutating func taskEnded(_ name: String, run: UInt64, _ error: String?) {
    tasks.ended(name, run: run)
    guard let id = graph.id(named: name) else { return }
    let exit = Exit.code(error == nil ? 0 : 1)
    if let error { records[id.index].failures.note(error, as: .exited(exit)) }
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
      logger.debug("\(name(id)): says: \(text)")
    case .mainProcess(let identity):
      records[id.index].process = identity
      runningChanged = true
      core.touch(id)
      logger.info("\(name(id)): its main process is \(identity.pid) now")
    case .reloading: logger.info("\(name(id)): says that it reloads its configuration")
    case .stopping: logger.debug("\(name(id)): says that it stops")
    case .errno(let number): logger.warning("\(name(id)): says that it fails: \(SystemError(errno: number))")
    }
  }

  /// There is no process, and there will be none.
  mutating func startFailed(_ name: String, run: UInt64, _ reason: String) {
    guard let id = graph.id(named: name) else { return }
    records[id.index].failures.note(reason, as: .startFailed(.spawn))
    records[id.index].lastError = reason
    logger.error("\(name): cannot start: \(reason)")
    noteFailedStart(id, run: run, stage: .spawn, reason, cause: stateCause(id))
    feed(.spawnFailed(id, run: run))
  }

  /// Keeps a start that failed in the history, with why it was made: a restart, or else `cause`; nil where that is not known any more.
  func noteFailedStart(_ id: ServiceID, run: UInt64, stage: StartStage, _ problem: String, cause: String?) {
    let restart = records[id.index].restart(of: run)
    chronicle.startFailed(name(id), run: run, at: .now, stage: stage, problem, cause: restart?.cause ?? cause, reason: restart?.reason)
  }

  /// Why a service is in its present state, in words.
  private func stateCause(_ id: ServiceID) -> String {
    words(id).cause(core.view(id).cause)
  }

  mutating func hookFinished(_ name: String, run: UInt64, _ hook: Hook, _ problem: String?) {
    hooks.finished(hook, of: name, run: run)
    guard let id = graph.id(named: name) else { return }
    let isAwaited = core.view(id).hook == hook && core.view(id).run == run
    if let problem, isAwaited {
      let text = "\(hook.words): \(problem)"
      records[id.index].lastError = text
      logger.log(level: hook == .preStart ? .error : .warning, "\(name): its \(hook.words) failed: \(problem)")
      if hook == .preStart {
        records[id.index].failures.note(text, as: .startFailed(.hook))
        noteFailedStart(id, run: run, stage: .hook, problem, cause: stateCause(id))
      }
    } else {
      logger.debug("\(name): its \(hook.words) is over\(problem.map { ": \($0)" } ?? "")")
    }
    feed(.hookFinished(id, run: run, hook, passed: problem == nil))
  }
}

extension ProcessEvent {
  /// The run that it is news of.
  fileprivate var key: RunKey {
    switch self {
    case .spawned(let key, _), .spawnFailed(let key, _), .adopted(let key, _): key
    case .notified(let key, _), .exited(let key, _, _), .emptied(let key): key
    }
  }
}
