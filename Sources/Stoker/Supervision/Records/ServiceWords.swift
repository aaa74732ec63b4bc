// The words about a service for the log and the events, which say what to do where something must be done.

import Orchestration
import Probes
import Processes

/// One service at the moment of a change, for the sentence about it. The name stands before it.
struct ServiceWords {
  let graph: DependencyGraph
  let view: ServiceView
  let record: ServiceRecord

  /// A cause: in the world's own words where it has said more than the core knows.
  func cause(_ cause: Cause) -> String {
    record.failures.words(of: cause, in: graph)
  }

  /// The state, with its cause where the state does not imply it.
  func status(_ status: Status, _ cause: Cause) -> String {
    let reason = "(\(self.cause(cause)))"
    switch status {
    case .running:
      return record.process.map { "running, pid \($0.pid)" } ?? "running"
    case .waiting:
      let blockers = view.blockers.map { graph[$0.service].name }
      return blockers.isEmpty ? "waiting \(reason)" : "waiting for \(blockers.joined(separator: ", "))"
    case .backoff:
      return "restarts in \(view.backoff?.text ?? "a moment") \(reason)"
    case .stopped, .starting, .stopping, .completed, .failed:
      return "\(status.rawValue) \(reason)"
    }
  }

  /// The health, with what the check said. Where it is not a check that says so, there is no process.
  func health(_ health: Health, _ cause: Cause) -> String {
    switch health {
    case .healthy: return "healthy"
    case .unknown: return "health unknown"
    case .degraded, .unhealthy:
      guard case .check(passed: false, _) = cause, let check = record.checks.last else { return health.rawValue }
      return "\(health.rawValue): \(check.message)"
    }
  }

  /// The end of all attempts.
  func gaveUp(after attempts: Int) -> String {
    let last = record.lastError.map { "; last: \($0)" } ?? ""
    return "given up after \(attempts) restarts\(last); 'stoker restart --force \(graph[view.id].name)' tries again"
  }

  /// Remains of a run that outlived SIGKILL; nil: it is a task, an empty list: nobody can look.
  func leftOver(_ members: [Int32]?) -> String {
    guard let members else { return "left over after SIGKILL: its task" }
    guard !members.isEmpty else { return "left over after SIGKILL: what is left of it cannot be looked at now" }
    return "left over after SIGKILL: pid \(members.map(String.init).joined(separator: ", "))"
  }
}
