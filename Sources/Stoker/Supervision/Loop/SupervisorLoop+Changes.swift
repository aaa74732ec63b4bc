// Changes of state, health and registry: recorded, and reported to the log and to subscribers.

import Exposition
import Logging
import Orchestration
import Processes

extension SupervisorLoop {
  mutating func report(_ change: Change) {
    let at = clock.timestamp(change.at)
    switch change.what {
    case .status(let id, let from, let to, let run):
      record(id, from, to, run: run, change)
      let messages = messages(id)
      let what = LiveEvent.What.status(
        from: from, to: to, run: run, cause: messages.cause(change.cause, of: to), pid: records[id.index].process?.pid,
        nextAttempt: messages.view.nextAttempt.map { clock.timestamp($0) })
      report(id, what, messages.status(to, change.cause), at, to.logLevel)
    case .health(let id, let from, let to):
      records[id.index].noteError(health: to, change.cause, at: at, in: graph)
      forgetError(id)
      report(id, .health(from: from, to: to), messages(id).health(to, change.cause), at, to.logLevel)
    case .restarted(let id, let run, let reason, let attempt):
      let restart = restart(of: id, run: run, reason, attempt: attempt, change)
      records[id.index].append(restart)
      report(id, .restarted(run: run, reason: reason, attempt: attempt, cause: restart.text), restart.sentence, at, .info)
    case .gaveUp(let id, let attempts): report(id, .gaveUp(attempts: attempts), messages(id).gaveUp(after: attempts), at, .error)
    case .leftOver(let id, let run):
      let members = drivers.members(of: services[id.index], run: run)
      report(id, .leftOver(run: run), messages(id).leftOver(members), at, .error)
    case .serviceReloaded, .signalled: ServiceRequest.report(change, at, in: &self)
    case .registry(let name, let what):
      let message: Sentence = "registry: \(name) \(what.text(change.cause, in: graph))"
      reporter.report(LiveEvent(at: at, service: name, what: .registry(what), message: message), what == .expired ? .warning : .info)
    case .composite(let from, let to): report(.composite(from: from, to: to), "the node is \(to.rawValue)", at)
    case .initialized:
      drivers.settled()
      report(.initialized, Sentence(startIsOver), at)
    case .ready(let isReady): report(.ready(isReady), isReady ? "ready: every critical service is running" : "not ready", at)
    }
  }

  /// The result of the start: a service that waits for one that failed has settled too (rule 22), but is not up.
  private var startIsOver: String {
    let words: [(Status, one: String, many: String)] = [
      (.failed, "has failed", "have failed"), (.backoff, "is in back-off", "are in back-off"), (.waiting, "waits", "wait"),
    ]
    let rest = words.compactMap { status, one, many in
      let count = services.indices.count { core.view(ServiceID($0)).status == status }
      return count > 0 ? "\(count) \(count == 1 ? one : many)" : nil
    }
    return rest.isEmpty ? "every service has settled" : "the start is over; \(rest.joined(separator: ", "))"
  }

  /// The messages about a service in its present state.
  func messages(_ id: ServiceID) -> ServiceMessages {
    ServiceMessages(graph: graph, view: core.view(id), record: records[id.index])
  }

  /// A change of a service.
  private mutating func report(_ id: ServiceID, _ what: LiveEvent.What, _ message: Sentence, _ at: Timestamp, _ level: Logger.Level) {
    reporter.report(LiveEvent(at: at, service: name(id), what: what, message: "\(name(id)): \(message)"), level)
  }

  /// A change of the node.
  private mutating func report(_ what: LiveEvent.What, _ message: Sentence, _ at: Timestamp) {
    reporter.report(LiveEvent(at: at, what: what, message: message), .info)
  }

  /// Records a change of state: durations, the last error, and the history.
  private mutating func record(_ id: ServiceID, _ from: Status, _ to: Status, run: UInt64, _ change: Change) {
    let view = core.view(id)
    noteCauses(id, from, to, change.cause)
    if to == .running, let duration = view.lastStartDuration { instruments.startDurations.observe(duration.inSeconds) }
    if from == .stopping, let duration = view.lastStopDuration { instruments.stopDurations.observe(duration.inSeconds) }
    records[id.index].noteError(
      status: to, change.cause, services[id.index].spec.restart, run: run, at: clock.timestamp(change.at), in: graph)
    forgetError(id)
    // A start that had a process is recorded with its exit.
    if case .startTimedOut(.hook) = change.cause, to == .stopping {
      recordFailedStart(id, run: view.run, stage: .hook, Sentence(change.cause.text(in: graph)))
    }
  }

  /// Keeps why a run was started, and why Stoker ends it: its later states have causes of their own.
  private mutating func noteCauses(_ id: ServiceID, _ from: Status, _ to: Status, _ cause: Cause) {
    switch to {
    case .starting:
      records[id.index].startCause = messages(id).cause(cause)
      records[id.index].stopCause = nil
    case .stopping where from == .starting || from == .running:
      switch cause {
      case .requested, .requestedFor, .shutdown, .startTimedOut, .unhealthy, .watchdog, .runtimeMax, .dependency, .barrier, .reloaded:
        records[id.index].stopCause = messages(id).cause(cause)
      case .layersSettled, .spawned, .ready, .adopted, .remembered, .exited, .startFailed, .check, .backoffElapsed, .restartLimit, .killed,
        .survived,
        .heartbeat, .sum:
        break
      }
    case .stopped, .waiting, .running, .backoff, .stopping, .completed, .failed: break
    }
  }

  /// Forgets the last error of a service that is well again.
  private mutating func forgetError(_ id: ServiceID) {
    let view = core.view(id)
    if (view.status == .running && view.health == .healthy) || view.status == .completed { records[id.index].recovered() }
  }

  /// A restart, with the end of the run before.
  private func restart(of id: ServiceID, run: UInt64, _ reason: RestartReason, attempt: Int, _ change: Change) -> RestartRecord {
    // A reload may have removed the dependency since.
    let isUnnamed = reason == .dependency && change.cause == .sum
    return RestartRecord(
      run: run, at: clock.timestamp(change.at), reason: reason,
      text: isUnnamed ? "a dependency restarted or failed" : messages(id).cause(change.cause), attempt: attempt,
      limit: services[id.index].spec.restart.maxAttempts, exit: core.view(id).lastExit, error: records[id.index].lastError?.sentence)
  }
}

extension Change.RegistryChange {
  /// The change in a few words, to stand after the entry's name.
  fileprivate func text(_ cause: Cause, in graph: DependencyGraph) -> String {
    switch self {
    case .expired: "expired: no heartbeat within its time to live"
    case .dropped: "dropped: expired long ago"
    case .revived: "revived: it beats again"
    case .registered, .updated, .deregistered: "\(rawValue) (\(cause.text(in: graph)))"
    }
  }
}
