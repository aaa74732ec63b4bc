// Every change is kept where it belongs, and told.

import Exposition
import Logging
import Orchestration
import Processes

extension SupervisorLoop {
  mutating func tell(_ change: Change) {
    let at = clock.timestamp(change.at)
    switch change.what {
    case .status(let id, let from, let to, let run):
      noteStatus(id, from, to, change)
      let words = words(id)
      let what = LiveEvent.What.status(
        from: from, to: to, run: run, cause: words.cause(change.cause), pid: records[id.index].process?.pid,
        nextAttempt: words.view.nextAttempt.map { clock.timestamp($0) })
      tell(of: id, what, words.status(to, change.cause), at, to.logLevel)
    case .health(let id, let from, let to):
      records[id.index].noteError(health: to, change.cause, in: graph)
      tell(of: id, .health(from: from, to: to), words(id).health(to, change.cause), at, to.logLevel)
    case .restarted(let id, let run, let reason, let attempt):
      chronicle.heed(change.what, of: name(id))
      let restart = restart(of: id, run: run, reason, attempt: attempt, change)
      records[id.index].append(restart)
      tell(of: id, .restarted(run: run, reason: reason, attempt: attempt, cause: restart.words), restart.sentence, at, .info)
    case .gaveUp(let id, let attempts): tell(of: id, .gaveUp(attempts: attempts), words(id).gaveUp(after: attempts), at, .error)
    case .leftOver(let id, let run):
      let members = services[id.index].command.map { _ in world.processes.members(of: services[id.index], run: run) }
      tell(of: id, .leftOver(run: run), words(id).leftOver(members), at, .error)
    case .registry(let name, let what):
      let message = "registry: \(name) \(text(what, change.cause))"
      telling.tell(LiveEvent(at: at, service: name, what: .registry(what), message: message), what == .expired ? .warning : .info)
    case .composite(let from, let to): tell(.composite(from: from, to: to), "the node is \(to.rawValue)", at)
    case .initialized:
      world.settled()
      tell(.initialized, "every service has settled", at)
    case .ready(let isReady): tell(.ready(isReady), isReady ? "ready: every critical service is running" : "not ready", at)
    }
  }

  /// The words about a service as it is now.
  func words(_ id: ServiceID) -> ServiceWords {
    ServiceWords(graph: graph, view: core.view(id), record: records[id.index])
  }

  private mutating func tell(of id: ServiceID, _ what: LiveEvent.What, _ words: String, _ at: Timestamp, _ level: Logger.Level) {
    telling.tell(LiveEvent(at: at, service: name(id), what: what, message: "\(name(id)): \(words)"), level)
  }

  /// A change of the node.
  private mutating func tell(_ what: LiveEvent.What, _ words: String, _ at: Timestamp) {
    telling.tell(LiveEvent(at: at, what: what, message: words), .info)
  }

  private func text(_ change: Change.RegistryChange, _ cause: Cause) -> String {
    switch change {
    case .expired: "expired: no heartbeat within its time to live"
    case .dropped: "dropped: expired long ago"
    case .revived: "revived: it beats again"
    case .registered, .updated, .deregistered: "\(change.rawValue) (\(cause.text(in: graph)))"
    }
  }

  /// A change of state beside the words about it: durations, the last error, and the history.
  private mutating func noteStatus(_ id: ServiceID, _ from: Status, _ to: Status, _ change: Change) {
    let view = core.view(id)
    chronicle.heed(change.what, of: name(id))
    if to == .running, let duration = view.lastStartDuration { instruments.startDurations.observe(duration.inSeconds) }
    if from == .stopping, let duration = view.lastStopDuration { instruments.stopDurations.observe(duration.inSeconds) }
    records[id.index].noteError(status: to, change.cause, services[id.index].spec.restart, in: graph)
    // Where the process was there, its end is told by itself.
    if case .startTimedOut(.hook) = change.cause, to == .stopping {
      noteFailedStart(id, run: view.run, stage: .hook, change.cause.text(in: graph), cause: nil)
    }
  }

  /// A restart, with how the run before ended.
  private func restart(of id: ServiceID, run: UInt64, _ reason: RestartReason, attempt: Int, _ change: Change) -> RestartRecord {
    // The dependency may have gone since.
    let isUnnamed = reason == .dependency && change.cause == .sum
    return RestartRecord(
      run: run, at: clock.timestamp(change.at), reason: reason,
      words: isUnnamed ? "a dependency restarted or failed" : words(id).cause(change.cause), attempt: attempt,
      limit: services[id.index].spec.restart.maxAttempts, exit: core.view(id).lastExit, error: records[id.index].lastError)
  }
}
