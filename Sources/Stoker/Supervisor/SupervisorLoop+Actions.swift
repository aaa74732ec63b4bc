// The core's actions, carried out in order.

import Exposition
import Logging
import Orchestration
import Probes
import Processes

extension SupervisorLoop {
  mutating func carryOut(_ actions: [Action], at now: Instant) {
    for action in actions { carryOut(action, at: now) }
  }

  private mutating func carryOut(_ action: Action, at now: Instant) {
    switch action {
    case .spawn(let id, let run): spawn(id, run: run)
    case .signal(let id, let run, let signal):
      switch services[id.index].launch {
      case .command: world.processes.signal(id, run: run, signal)
      case .task: tasks.requestStop(id, run: run)
      case .none: break
      }
    case .kill(let id, let run):
      switch services[id.index].launch {
      case .command: world.processes.kill(id, run: run)
      case .task: tasks.cancel(id, run: run)
      case .none: break
      }
    case .startCheck(let id, let check, _):
      guard let kind = services[id.index].check else { return }
      checks.start(id, check: check, of: kind, timeout: services[id.index].spec.check?.timeout ?? .seconds(5))
    case .cancelCheck(_, let check): checks.cancel(check)
    case .recordCheck(let id, let check, let passed, let health): record(id, check: check, passed: passed, health: health, at: now)
    case .abandonCheck(let id, let check): abandon(id, check: check, at: now)
    case .changed(let change): tell(change)
    case .stopped(let report): self.report = report
    }
  }

  private mutating func spawn(_ id: ServiceID, run: UInt64) {
    switch services[id.index].launch {
    case .command(let launch): world.processes.spawn(id, run: run, launch)
    case .task(let body): tasks.spawn(id, run: run, body)
    case .none: assertionFailure("\(name(id)) is external and cannot be spawned")
    }
  }

  private mutating func record(_ id: ServiceID, check: UInt64, passed: Bool, health: Health, at now: Instant) {
    let outcome = outcomes[check]
    let record = CheckRecord(
      at: clock.timestamp(now), passed: passed, health: health,
      message: outcome?.message ?? (passed ? "heartbeat is fresh" : "no fresh heartbeat"), responseTime: outcome?.responseTime,
      details: outcome?.details.flatMap { try? JSON(parsing: $0) })
    records[id.index].append(record, limit: services[id.index].historyLimit)
    if let responseTime = outcome?.responseTime {
      instruments.checkDurations[id.index]?.observe(responseTime.inSeconds)
    }
    answer(
      check,
      CheckNowResult(
        id: id, health: health, passed: passed, at: record.at, message: record.message, details: record.details,
        responseTime: record.responseTime))
    if !passed { logger.debug("\(name(id)): check failed: \(record.message)") }
  }

  private mutating func abandon(_ id: ServiceID, check: UInt64, at now: Instant) {
    answer(
      check,
      CheckNowResult(
        id: id, health: core.view(id).health, passed: false, at: clock.timestamp(now), message: "the run ended before the check did"))
  }

  private mutating func answer(_ check: UInt64, _ result: CheckNowResult) {
    for index in checkNowBatches.indices { checkNowBatches[index].add(result, for: check) }
    checkNowBatches.removeAll { batch in
      guard batch.awaited.isEmpty else { return false }
      batch.reply.resume(returning: batch.results.sorted { $0.id < $1.id })
      return true
    }
  }

  /// One line of log for each change; what a person has to act on is a warning or an error.
  private mutating func tell(_ change: Change) {
    let cause = change.cause.text(in: graph)
    switch change.what {
    case .status(let id, let from, let to, _):
      let view = core.view(id)
      if to == .running, let duration = view.lastStartDuration { instruments.startDurations.observe(duration.inSeconds) }
      if from == .stopping, let duration = view.lastStopDuration { instruments.stopDurations.observe(duration.inSeconds) }
      switch change.cause {
      case .exited(let exit) where !isExpected(to): records[id.index].lastError = exit.text
      default: break
      }
      logger.log(level: level(of: to, on: id), "\(name(id)): \(statusText(id, to, cause))")
    case .health(let id, let from, let to):
      if to == .unhealthy, let last = records[id.index].checks.last, !last.passed {
        records[id.index].lastError = "unhealthy: \(last.message)"
      }
      let message = records[id.index].checks.last.map { ": \($0.message)" } ?? ""
      switch (from, to) {
      case (_, .unhealthy), (_, .degraded): logger.warning("\(name(id)): \(to.rawValue)\(message)")
      case (_, .healthy): logger.info("\(name(id)): healthy")
      case (_, .unknown): logger.debug("\(name(id)): health unknown")
      }
    case .gaveUp(let id, let attempts):
      logger.error(
        "\(name(id)): given up after \(attempts) restarts\(records[id.index].lastError.map { "; last: \($0)" } ?? ""); 'stoker restart --force \(name(id))' tries again")
    case .leftOver(let id, let run):
      let members = world.processes.members(of: id, run: run)
      logger.error("\(name(id)): left over after SIGKILL: \(members.isEmpty ? "its task" : "pid " + members.map(String.init).joined(separator: ", "))")
    case .registry(let name, let what): logger.info("registry: \(name) \(what.rawValue) (\(cause))")
    case .composite(_, let to): logger.info("the node is \(to.rawValue)")
    case .initialized: logger.info("every service has settled")
    case .ready(let isReady): logger.info(isReady ? "ready: every critical service is running" : "not ready")
    }
  }

  private func isExpected(_ status: Status) -> Bool {
    status == .stopped || status == .completed
  }

  private func level(of status: Status, on id: ServiceID) -> Logger.Level {
    switch status {
    case .failed: .error
    case .backoff: .warning
    case .stopped, .waiting, .starting, .running, .stopping, .completed: .info
    }
  }

  /// The state in words, with its cause where the words do not imply it.
  private func statusText(_ id: ServiceID, _ status: Status, _ cause: String) -> String {
    switch status {
    case .running:
      return records[id.index].process.map { "running, pid \($0.pid)" } ?? "running"
    case .waiting:
      let blockers = core.view(id).blockers.map { name($0.service) }
      return blockers.isEmpty ? "waiting (\(cause))" : "waiting for \(blockers.joined(separator: ", "))"
    case .backoff:
      return "restarts in " + (core.view(id).backoff?.text ?? "a moment") + " (\(cause))"
    case .stopped, .starting, .stopping, .completed, .failed:
      return "\(status.rawValue) (\(cause))"
    }
  }

  /// A restart is remembered when its count has risen: with its reason, and with how the run before ended.
  mutating func noteRestart(_ id: ServiceID, before: ServiceView, after: ServiceView) {
    guard after.restarts.total > before.restarts.total, let at = after.lastRestart, let reason = after.lastRestartReason else { return }
    records[id.index].append(
      RestartRecord(
        at: clock.timestamp(at), reason: reason, attempt: after.attempts, exit: after.lastExit, error: records[id.index].lastError))
  }
}
