// The core's actions, carried out in order.

import Exposition
import Logging
import Orchestration
import Probes
import Processes

extension SupervisorLoop {
  /// - Parameter answer: The probe's answer, if these actions follow from it.
  mutating func carryOut(_ actions: [Action], at now: Instant, _ answer: ProbeAnswer? = nil) {
    if let origin = core.node.stopping { stop.make(origin, to: &reporter) }
    for action in actions { carryOut(action, at: now, answer) }
  }

  private mutating func carryOut(_ action: Action, at now: Instant, _ answer: ProbeAnswer?) {
    switch action {
    case .spawn(let id, let run): drivers.spawn(services[id.index], run: run)
    case .signal(let id, let run, let signal, let scope): drivers.signal(services[id.index], run: run, signal, scope)
    case .sendSignal(let id, let run, let signal, let scope): drivers.processes.send(signal, to: services[id.index], run: run, scope)
    case .kill(let id, let run): drivers.kill(services[id.index], run: run)
    case .runHook(let id, let run, let hook):
      drivers.startHook(hook, of: services[id.index], run: run, pid: records[id.index].process?.pid)
    case .cancelHook(let id, let run, let hook): drivers.cancelHook(hook, of: name(id), run: run)
    case .startCheck(let id, let check, _): drivers.startCheck(check, of: services[id.index])
    case .cancelCheck(_, let check): drivers.cancelCheck(check)
    case .recordCheck(let id, let check, let passed, let health):
      // A heartbeat check that is made now has no answer, and may be among the actions of another check's answer.
      let outcome = answer.flatMap { $0.check == check ? $0.outcome : nil }
      record(id, check: check, passed: passed, health: health, outcome, at: now)
    case .abandonCheck(let id, let check): abandon(id, check: check, answer?.outcome.message, at: now)
    case .changed(let change): report(change)
    case .retired(let id): reloads.retired.append(id)
    case .stopped(let report):
      reporter.reportToSubscribers(report.event(name))
      replies.conclude(.success(report))
    }
  }

  private mutating func record(_ id: ServiceID, check: UInt64, passed: Bool, health: Health, _ outcome: ProbeResult?, at now: Instant) {
    let isReportedUnhealthy = !passed && core.registry[name(id)]?.reported == .unhealthy
    let heartbeat = passed ? "heartbeat is fresh" : isReportedUnhealthy ? "its heartbeat reports unhealthy" : "no fresh heartbeat"
    let record = CheckRecord(
      at: clock.timestamp(now), run: core.view(id).run, passed: passed, health: health,
      message: outcome.map { Sentence($0.message, withoutOutput: $0.withoutOutput) } ?? Sentence(heartbeat),
      responseTime: outcome?.responseTime, details: outcome?.details.map(JSON.verbatim))
    records[id.index].append(record, limit: services[id.index].historyLimit)
    if health == .unhealthy, !passed { records[id.index].failures.note("unhealthy: \(record.message)", as: .unhealthy) }
    if let responseTime = outcome?.responseTime {
      services[id.index].checkDurations?.observe(responseTime.inSeconds)
    }
    replies.add(
      CheckNowResult(
        service: name(id), health: health, passed: passed, at: record.at, message: record.message, details: record.details,
        responseTime: record.responseTime), for: check)
    if !passed { logger.debug("\(name(id)): check failed: \(record.message.full)", metadata: LogCause.metadata("check", name(id))) }
  }

  private mutating func abandon(_ id: ServiceID, check: UInt64, _ reason: String?, at now: Instant) {
    replies.add(
      CheckNowResult(
        service: name(id), health: core.view(id).health, passed: false, at: clock.timestamp(now),
        message: Sentence(reason ?? "the run ended before the check did")), for: check)
  }
}
