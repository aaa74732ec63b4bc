// Every change is told: one line of log, in words that say what to do where something must be done.

import Exposition
import Logging
import Orchestration
import Probes
import Processes

extension SupervisorLoop {
  mutating func tell(_ change: Change) {
    let at = clock.timestamp(change.at)
    switch change.what {
    case .status(let id, let from, let to, let run):
      chronicle.heed(change.what, of: name(id))
      let words = tell(id, from, to, change.cause)
      let view = core.view(id)
      let what = LiveEvent.What.status(
        from: from, to: to, run: run, cause: self.words(of: change.cause, for: id), pid: records[id.index].process?.pid,
        nextAttempt: view.nextAttempt.map { clock.timestamp($0) })
      told.append(LiveEvent(at: at, service: name(id), what: what, message: "\(name(id)): \(words)"))
    case .health(let id, let from, let to):
      let words = tell(id, to, change.cause)
      told.append(LiveEvent(at: at, service: name(id), what: .health(from: from, to: to), message: "\(name(id)): \(words)"))
    case .restarted(let id, let run, let reason, let attempt):
      chronicle.heed(change.what, of: name(id))
      tellRestart(of: id, run: run, reason, attempt: attempt, cause: change.cause, at)
    case .gaveUp(let id, let attempts):
      let last = records[id.index].lastError.map { "; last: \($0)" } ?? ""
      let words = "\(name(id)): given up after \(attempts) restarts\(last); 'stoker restart --force \(name(id))' tries again"
      logger.error("\(words)")
      told.append(LiveEvent(at: at, service: name(id), what: .gaveUp(attempts: attempts), message: words))
    case .leftOver(let id, let run):
      let members = world.processes.members(of: services[id.index], run: run)
      let unseen = services[id.index].command == nil ? "its task" : "what is left of it cannot be looked at now"
      let what = members.isEmpty ? unseen : "pid " + members.map(String.init).joined(separator: ", ")
      let words = "\(name(id)): left over after SIGKILL: \(what)"
      logger.error("\(words)")
      told.append(LiveEvent(at: at, service: name(id), what: .leftOver(run: run), message: words))
    case .registry(let name, let what):
      let words = "registry: \(name) \(text(what, change.cause))"
      logger.log(level: what == .expired ? .warning : .info, "\(words)")
      told.append(LiveEvent(at: at, service: name, what: .registry(what), message: words))
    case .composite(let from, let to): tell("the node is \(to.rawValue)", .composite(from: from, to: to), at)
    case .initialized:
      world.settled()
      tell("every service has settled", .initialized, at)
    case .ready(let isReady): tell(isReady ? "ready: every critical service is running" : "not ready", .ready(isReady), at)
    }
  }

  /// What concerns the node.
  mutating func tell(_ words: String, _ what: LiveEvent.What, _ at: Timestamp) {
    logger.info("\(words)")
    told.append(LiveEvent(at: at, what: what, message: words))
  }

  private func text(_ change: Change.RegistryChange, _ cause: Cause) -> String {
    switch change {
    case .expired: "expired: no heartbeat within its time to live"
    case .dropped: "dropped: expired long ago"
    case .revived: "revived: it beats again"
    case .registered, .updated, .deregistered: "\(change.rawValue) (\(cause.text(in: graph)))"
    }
  }

  /// Returns the words for it.
  private mutating func tell(_ id: ServiceID, _ from: Status, _ to: Status, _ cause: Cause) -> String {
    let view = core.view(id)
    if to == .running, let duration = view.lastStartDuration { instruments.startDurations.observe(duration.inSeconds) }
    if from == .stopping, let duration = view.lastStopDuration { instruments.stopDurations.observe(duration.inSeconds) }
    switch cause {
    case .exited(let exit) where to != .stopped && to != .completed && !services[id.index].spec.restart.isClean(exit):
      records[id.index].lastError = self.words(of: cause, for: id)
    case .startTimedOut, .startFailed(.ready), .watchdog, .unhealthy:
      records[id.index].lastError = self.words(of: cause, for: id)
      // Where the process was there, its end is told by itself.
      if case .startTimedOut(.hook) = cause, to == .stopping {
        chronicle.startFailed(name(id), run: view.run, at: .now, stage: .hook, cause.text(in: graph))
      }
    default: break
    }
    let words = text(id, to, cause)
    logger.log(level: to.logLevel, "\(name(id)): \(words)")
    return words
  }

  private mutating func tell(_ id: ServiceID, _ health: Health, _ cause: Cause) -> String {
    // Where it is not a check that says so, there is no process.
    let complaint: String? = if case .check(passed: false, _) = cause { records[id.index].checks.last?.message } else { nil }
    if health == .unhealthy, complaint != nil { records[id.index].lastError = words(of: .unhealthy, for: id) }
    switch health {
    case .unhealthy, .degraded:
      let words = health.rawValue + (complaint.map { ": \($0)" } ?? "")
      logger.warning("\(name(id)): \(words)")
      return words
    case .healthy:
      logger.info("\(name(id)): healthy")
      return "healthy"
    case .unknown:
      logger.debug("\(name(id)): health unknown")
      return "health unknown"
    }
  }

  /// A restart is remembered, with how the run before ended, and said.
  private mutating func tellRestart(
    of id: ServiceID, run: UInt64, _ reason: RestartReason, attempt: Int, cause: Cause, _ at: Timestamp
  ) {
    // The dependency may have gone since.
    let isUnnamed = reason == .dependency && cause == .sum
    let restart = RestartRecord(
      run: run, at: at, reason: reason, words: isUnnamed ? "a dependency restarted or failed" : words(of: cause, for: id),
      attempt: attempt, limit: services[id.index].spec.restart.maxAttempts, exit: core.view(id).lastExit,
      error: records[id.index].lastError)
    records[id.index].append(restart)
    let message = "\(name(id)): \(restart.sentence)"
    logger.info("\(message)")
    let what = LiveEvent.What.restarted(run: run, reason: reason, attempt: attempt, cause: restart.words)
    told.append(LiveEvent(at: at, service: name(id), what: what, message: message))
  }

  /// A cause in words: the world's own where it has said more than the core knows.
  func words(of cause: Cause, for id: ServiceID) -> String {
    records[id.index].failures.words(of: cause, in: graph)
  }

  /// The state in words, with its cause where the words do not imply it.
  private func text(_ id: ServiceID, _ status: Status, _ cause: Cause) -> String {
    let reason = "(\(words(of: cause, for: id)))"
    switch status {
    case .running:
      return records[id.index].process.map { "running, pid \($0.pid)" } ?? "running"
    case .waiting:
      let blockers = core.view(id).blockers.map { name($0.service) }
      return blockers.isEmpty ? "waiting \(reason)" : "waiting for \(blockers.joined(separator: ", "))"
    case .backoff:
      return "restarts in \(core.view(id).backoff?.text ?? "a moment") \(reason)"
    case .stopped, .starting, .stopping, .completed, .failed:
      return "\(status.rawValue) \(reason)"
    }
  }
}

extension Status {
  /// What a person has to act on is an error, what mends itself a warning.
  fileprivate var logLevel: Logger.Level {
    switch self {
    case .failed: .error
    case .backoff: .warning
    case .stopped, .waiting, .starting, .running, .stopping, .completed: .info
    }
  }
}
