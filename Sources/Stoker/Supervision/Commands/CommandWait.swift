// Somebody who asked for something and waits until it is so.

import Orchestration

/// What somebody asks of one service.
struct Order: Sendable {
  var service: String
  var verb: Verb

  enum Verb: Sendable {
    case start(force: Bool)
    case stop(Command.StopMode)
    case restart(force: Bool)
  }

  /// The same for the core.
  func command(_ id: ServiceID) -> Command {
    switch verb {
    case .start(let force): .start(id, force: force)
    case .stop(let mode): .stop(id, mode)
    case .restart(let force): .restart(id, force: force)
    }
  }
}

/// What the asker waits for.
enum Goal: Sendable {
  /// Answer at once: the command was accepted.
  case none
  /// A live run (a completed one, for a oneshot) that the command brought about, or found there where that is what it asks for.
  case running
  /// The same, healthy.
  case healthy
  /// No process.
  case stopped
}

/// What becomes of a command.
enum CommandOutcome: Sendable {
  /// The goal is reached, as the service was at that moment.
  case reached(ServiceView, alsoStarted: [String], alsoStopped: [String])
  /// Accepted; nobody waited.
  case accepted(alsoStarted: [String], alsoStopped: [String])
  /// Refused; the names are of those that the refusal speaks of.
  case refused(Refusal, names: [String])
  /// The goal will not be reached, or not in time; the sentence says why.
  case missed(String)
  /// A reload took the service away.
  case gone
}

/// One command that waits for its goal.
struct CommandWait: Sendable {
  let service: String
  let goal: Goal
  /// Only a run newer than this one counts.
  let after: UInt64
  let deadline: Instant
  let alsoStarted: [String]
  let alsoStopped: [String]
  let reply: CheckedContinuation<CommandOutcome, Never>

  enum Verdict {
    case reached, accepted, missed
  }

  /// Whether the goal is reached or lost, judged by the service's present state; nil: wait on.
  func verdict(on service: ServiceView, at now: Instant) -> Verdict? {
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
