// A command whose reply waits for a state of its service.

import Orchestration

/// One command that waits for its goal.
struct CommandWait: Sendable {
  let service: String
  /// The service when the command came.
  let before: ServiceView
  let condition: WaitCondition
  let alsoStarted: [String]
  let alsoStopped: [String]
  /// Whether a check runs first, which can keep the command from being carried out.
  var isChecked = false
  let reply: CheckedContinuation<CommandReply, Never>
}

/// The condition under which a wait ends.
struct WaitCondition: Sendable {
  let goal: Goal
  /// Only a run newer than this one counts.
  let after: UInt64
  /// The attempts that were used when the command was accepted: with more of them, the run that it brought about has ended.
  let attempts: Int
  let deadline: Instant

  /// The end of a wait.
  enum End {
    case reached, accepted, failed, missed
  }

  /// How the wait ends with the service's present state; nil: it goes on.
  func end(with service: ServiceView, at now: Instant) -> End? {
    switch goal {
    case .none:
      return .accepted
    case .running, .started, .healthy:
      switch service.status {
      case _ where service.attempts > attempts: return .failed
      case .running where service.run > after || service.run == 0:
        if isReached(by: service, at: now) { return .reached }
      case .completed where service.run > after: return .reached
      case .failed, .backoff: return .failed
      case .stopped, .completed: return .missed
      case .running, .starting, .stopping, .waiting: break
      }
    case .completed:
      switch service.status {
      case .completed where service.run > after: return .reached
      case .failed: return .failed
      case .stopped: return .missed
      case .completed, .waiting, .starting, .running, .backoff, .stopping: break
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

  /// The moment at which its end may be another one, without a change of the service.
  func nextLook(with service: ServiceView) -> Instant {
    min(deadline, ripe(service) ?? deadline)
  }

  private func isReached(by service: ServiceView, at now: Instant) -> Bool {
    if case .healthy = goal, service.health != .healthy { return false }
    return ripe(service).map { now >= $0 } ?? true
  }

  /// The moment from which the service's process has lived long enough; nil: it need not, or there is none.
  private func ripe(_ service: ServiceView) -> Instant? {
    guard service.status == .running, let started = service.runStarted else { return nil }
    switch goal {
    case .started(let life), .healthy(let life): return life > .zero ? started + life : nil
    case .none, .running, .completed, .stopped: return nil
    }
  }
}
