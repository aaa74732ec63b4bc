// Messages about a service for the log and the events, with the command to run if one is needed.

import Orchestration
import Probes
import Processes

/// The messages about one service at the moment of a change. The caller puts the name in front.
struct ServiceMessages {
  let graph: DependencyGraph
  let view: ServiceView
  let record: ServiceRecord

  /// The text of a cause: the noted one, or else the core's.
  func cause(_ cause: Cause) -> Sentence {
    record.failures.text(of: cause, in: graph)
  }

  /// The cause of a state: for a stop the request, and beside it the end of the process.
  func cause(_ cause: Cause, of status: Status) -> Sentence {
    guard status == .stopped, view.stopCause != cause else { return self.cause(cause) }
    return "\(self.cause(view.stopCause)); \(self.cause(cause))"
  }

  /// The state, with its cause unless the state implies it.
  func status(_ status: Status, _ cause: Cause) -> Sentence {
    let reason: Sentence = "(\(self.cause(cause, of: status)))"
    switch status {
    case .running:
      return Sentence(record.process.map { "running, pid \($0.pid)" } ?? "running")
    case .waiting:
      let blockers = graph.words(for: view.blockers).map(\.names)
      return blockers.isEmpty ? "waiting \(reason)" : "waiting for \(blockers.joined(separator: ", "))"
    case .backoff:
      return "restarts in \(view.backoff.map { $0 < .seconds(1) ? $0.text : $0.span } ?? "a moment") \(reason)"
    case .stopped, .starting, .stopping, .completed, .failed:
      return "\(status.rawValue) \(reason)"
    }
  }

  /// The health, with the message of the failed check that changed it. Without such a check there is no process.
  func health(_ health: Health, _ cause: Cause) -> Sentence {
    switch health {
    case .healthy: return graph[view.id].check == nil && view.status == .running ? "up, without a check" : "healthy"
    case .unknown: return "health unknown"
    case .degraded, .unhealthy:
      guard case .check(passed: false, _) = cause, let check = record.checks.last else { return Sentence(health.rawValue) }
      return "\(health.rawValue): \(check.message)"
    }
  }

  /// The message of a service that was given up.
  func gaveUp(after attempts: Int) -> Sentence {
    let last: Sentence = record.lastError.map { "; last: \($0.sentence)" } ?? ""
    let count = attempts == 1 ? "1 restart" : "\(attempts) restarts"
    let lost = graph.words(for: view.lost)
    // While it has what it needs no more, a start would be in vain (rule 84).
    let way: Sentence =
      lost.isEmpty
      ? "'stoker start \(graph[view.id].name)' tries again"
      : "it needs \(lost.map(\.names).joined(separator: " and ")), and starts again when \(lost.count == 1 ? "that is" : "those are") there"
    return "gave up after \(count)\(last); \(way)"
  }

  /// The remains of a run that survived SIGKILL; nil: a task, an empty list: they cannot be listed now.
  func leftOver(_ members: [Int32]?) -> Sentence {
    guard let members else { return "left over after SIGKILL: its task" }
    guard !members.isEmpty else { return "left over after SIGKILL: its processes cannot be listed now" }
    return "left over after SIGKILL: pid \(members.map(String.init).joined(separator: ", "))"
  }
}
