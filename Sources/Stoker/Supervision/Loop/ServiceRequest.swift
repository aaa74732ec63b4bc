// Requests to the process of a service: its reload, and signals (rule 86).

import Logging
import Orchestration
import Processes

/// A request to one service, which the loop hands to the core between two inputs.
struct ServiceRequest: Sendable {
  var service: String
  var origin: Origin

  /// Reloads the service, and replies when that is over.
  func reload(in loop: inout SupervisorLoop, reply: CheckedContinuation<ServiceReloadReply, Never>) {
    guard let id = loop.graph.id(named: service) else { return reply.resume(returning: .gone) }
    let now = loop.clock.now
    let (verdict, actions) = loop.core.perform(.reload(id), by: origin, at: now, jitter: SupervisorLoop.jitter)
    if case .refused(let refusal) = verdict {
      reply.resume(returning: .refused(refusal))
    } else {
      // Kept before the actions are carried out: a signal alone is over with them.
      loop.replies.reloads.add(reply, for: service)
    }
    loop.carryOut(actions, at: now)
  }

  /// Sends a signal to the service.
  func send(_ signal: Int32, _ scope: StopPolicy.Scope, in loop: inout SupervisorLoop) -> SignalReply {
    guard let id = loop.graph.id(named: service) else { return .gone }
    let now = loop.clock.now
    let pid = loop.records[id.index].process?.pid
    let (verdict, actions) = loop.core.perform(.signal(id, signal, scope), by: origin, at: now, jitter: SupervisorLoop.jitter)
    loop.carryOut(actions, at: now)
    if case .refused(let refusal) = verdict { return .refused(refusal) }
    return loop.records[id.index].lastSignal.map { .sent($0, pid: pid) } ?? .gone
  }

  /// Reports the end of a reload, a check that kept a restart from happening, or a signal. Those that wait for it get it when it is
  /// published.
  static func report(_ change: Change, _ at: Timestamp, in loop: inout SupervisorLoop) {
    let cause = change.cause.text(in: loop.graph)
    func event(_ id: ServiceID, _ what: LiveEvent.What, _ message: Sentence) -> LiveEvent {
      LiveEvent(at: at, service: loop.name(id), what: what, message: "\(loop.name(id)): \(message)")
    }
    switch change.what {
    case .serviceReloaded(let id, let run, let purpose, let end):
      let record = ReloadRecord(
        at: at, purpose, end, problem: loop.records[id.index].reloadProblem, timeout: loop.services[id.index].spec.reload?.timeout,
        cause: cause, in: loop.graph)
      if purpose == .reload { loop.records[id.index].lastReload = record }
      loop.replies.reloads.conclude(loop.name(id), purpose, record)
      if purpose == .restart { loop.replies.refuseRestarts(of: loop.name(id), run: run, end, record.reason ?? record.sentence) }
      loop.reporter.report(
        event(id, .serviceReloaded(run: run, purpose, record), record.sentence), end == .succeeded ? .info : .warning)
    case .signalled(let id, let run, let signal, let scope):
      let record = SignalRecord(at: at, signal: Exit.signalName(signal), scope: scope, cause: cause)
      loop.records[id.index].lastSignal = record
      loop.reporter.report(event(id, .signalled(run: run, record), Sentence(record.sentence)), .info)
    case .status, .health, .restarted, .gaveUp, .leftOver, .registry, .composite, .initialized, .ready: break
    }
  }
}
