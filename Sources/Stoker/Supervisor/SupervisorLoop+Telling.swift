// Every change is told: one line of log, in words that say what to do where something must be done.

import Exposition
import Logging
import Orchestration
import Probes
import Processes

extension SupervisorLoop {
  mutating func tell(_ change: Change) {
    switch change.what {
    case .status(let id, let from, let to, _): tell(id, from, to, change.cause)
    case .health(let id, _, let to): tell(id, to)
    case .gaveUp(let id, let attempts):
      let last = records[id.index].lastError.map { "; last: \($0)" } ?? ""
      logger.error("\(name(id)): given up after \(attempts) restarts\(last); 'stoker restart --force \(name(id))' tries again")
    case .leftOver(let id, let run):
      let members = world.processes.members(of: services[id.index], run: run)
      let unseen = services[id.index].command == nil ? "its task" : "what is left of it cannot be looked at now"
      let what = members.isEmpty ? unseen : "pid " + members.map(String.init).joined(separator: ", ")
      logger.error("\(name(id)): left over after SIGKILL: \(what)")
    case .registry(let name, .expired): logger.warning("registry: \(name) expired: no heartbeat within its time to live")
    case .registry(let name, .dropped): logger.info("registry: \(name) dropped: expired long ago")
    case .registry(let name, .revived): logger.info("registry: \(name) revived: it beats again")
    case .registry(let name, let what): logger.info("registry: \(name) \(what.rawValue) (\(change.cause.text(in: graph)))")
    case .composite(_, let to): logger.info("the node is \(to.rawValue)")
    case .initialized:
      world.settled()
      logger.info("every service has settled")
    case .ready(let isReady): logger.info(isReady ? "ready: every critical service is running" : "not ready")
    }
  }

  private mutating func tell(_ id: ServiceID, _ from: Status, _ to: Status, _ cause: Cause) {
    let view = core.view(id)
    if to == .running, let duration = view.lastStartDuration { instruments.startDurations.observe(duration.inSeconds) }
    if from == .stopping, let duration = view.lastStopDuration { instruments.stopDurations.observe(duration.inSeconds) }
    if case .exited(let exit) = cause, to != .stopped, to != .completed, !isClean(exit, id) {
      records[id.index].lastError = thrown ?? exit.text
    }
    switch cause {
    case .startTimedOut, .startFailed(.ready), .watchdog:
      records[id.index].lastError = cause.text(in: graph)
      // Where the process was there, its end is told by itself.
      if case .startTimedOut(.hook) = cause, to == .stopping {
        chronicle.startFailed(name(id), run: view.run, at: .now, stage: .hook, cause.text(in: graph))
      }
    default: break
    }
    logger.log(level: to.logLevel, "\(name(id)): \(text(id, to, cause))")
  }

  private func isClean(_ exit: Exit, _ id: ServiceID) -> Bool {
    if case .code(let code) = exit { services[id.index].spec.restart.successExitCodes.contains(code) } else { false }
  }

  private mutating func tell(_ id: ServiceID, _ health: Health) {
    let last = records[id.index].checks.last
    if health == .unhealthy, let last, !last.passed { records[id.index].lastError = "unhealthy: \(last.message)" }
    switch health {
    case .unhealthy, .degraded:
      // Where the last check has passed, it is not the check that says so: there is no process.
      let reason = last.flatMap { $0.passed ? nil : ": \($0.message)" } ?? ""
      logger.warning("\(name(id)): \(health.rawValue)\(reason)")
    case .healthy: logger.info("\(name(id)): healthy")
    case .unknown: logger.debug("\(name(id)): health unknown")
    }
  }

  /// The state in words, with its cause where the words do not imply it.
  private func text(_ id: ServiceID, _ status: Status, _ cause: Cause) -> String {
    let reason = "(\(thrown ?? cause.text(in: graph)))"
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
