// A command whose reply waits for a state of its service.

import Orchestration

/// One command that waits for its goal.
struct CommandWait: Sendable {
  let service: String
  let condition: WaitCondition
  let alsoStarted: [String]
  let alsoStopped: [String]
  let reply: CheckedContinuation<CommandReply, Never>
}

/// The condition under which a wait ends.
struct WaitCondition: Sendable {
  let goal: Goal
  /// Only a run newer than this one counts.
  let after: UInt64
  let deadline: Instant

  /// The end of a wait.
  enum End {
    case reached, accepted, missed
  }

  /// How the wait ends with the service's present state; nil: it goes on.
  func end(with service: ServiceView, at now: Instant) -> End? {
    switch goal {
    case .none:
      return .accepted
    case .running, .healthy:
      switch service.status {
      case .running where service.run > after || service.run == 0:
        if goal == .running || service.health == .healthy { return .reached }
      case .completed where service.run > after: return .reached
      case .failed, .backoff, .stopped, .completed: return .missed
      case .running, .starting, .stopping, .waiting: break
      }
    case .stopped:
      switch service.status {
      case .stopped, .completed, .failed: return .reached
      case .waiting, .starting, .running, .backoff: if service.isDesiredUp { return .missed }
      case .stopping: if service.isLeftOver { return .missed }
      }
    }
    return now >= deadline ? .missed : nil
  }
}
