// Commands to one service, as callers of the supervisor give them.

import Orchestration

/// A command to one service. It is named, since a reload may renumber it before the command is handled.
struct ServiceCommand: Sendable {
  var service: String
  var verb: Verb

  enum Verb: Sendable {
    case start(force: Bool)
    case stop(Command.StopMode)
    case restart(force: Bool)
  }

  /// The command for the core.
  func command(_ id: ServiceID) -> Command {
    switch verb {
    case .start(let force): .start(id, force: force)
    case .stop(let mode): .stop(id, mode)
    case .restart(let force): .restart(id, force: force)
    }
  }

  /// The newest run that does not reach a goal of this command. A start accepts the run that is there; a restart joins one that is under
  /// way (rule 20), and needs a new run otherwise.
  func newestRunBeforeGoal(on service: ServiceView) -> UInt64 {
    let acceptsPresentRun =
      switch verb {
      case .start: service.isAlive || service.status == .starting || service.status == .completed
      case .restart: service.status == .starting
      case .stop: false
      }
    return acceptsPresentRun && service.run > 0 ? service.run - 1 : service.run
  }
}

extension ServiceCommand {
  /// The wishes of a command, which outlive this Stoker. A restart of a service that is up anyway is no wish.
  func wishes(for service: ServiceView, _ alsoStarted: [ServiceID], _ alsoStopped: [ServiceID]) -> [Wish] {
    let own: [Wish] =
      switch verb {
      case .start: [Wish(service: service.id, isUp: true)]
      case .restart: service.isDesiredUp ? [] : [Wish(service: service.id, isUp: true)]
      case .stop: [Wish(service: service.id, isUp: false)]
      }
    return own + alsoStarted.map { Wish(service: $0, isUp: true) } + alsoStopped.map { Wish(service: $0, isUp: false) }
  }
}

/// The wish that a service is up, or down.
struct Wish: Equatable {
  let service: ServiceID
  let isUp: Bool
}

/// The state of the service that the reply waits for.
enum Goal: Sendable {
  /// No wait: the command was accepted.
  case none
  /// A live run (a completed one, for a oneshot) that the command brought about, or that it accepts.
  case running
  /// The same, whose process has lived so long.
  case started(living: Duration)
  /// The same, healthy; without a check it has lived so long.
  case healthy(living: Duration)
  /// A run that has completed.
  case completed
  /// No process.
  case stopped
}

/// The reply to a command.
enum CommandReply: Sendable {
  /// The goal is reached; the service at that moment, and when the command came.
  case reached(ServiceView, before: ServiceView, alsoStarted: [String], alsoStopped: [String])
  /// Accepted, without a wait.
  case accepted(before: ServiceView, alsoStarted: [String], alsoStopped: [String])
  /// Refused; `names`: the services in the refusal.
  case refused(Refusal, names: [String])
  /// The reload check before it failed, for this reason: nothing was done.
  case checkFailed(Sentence)
  /// The run that the command brought about has ended, with this error.
  case failed(Sentence)
  /// It waits for a service that has failed for good; the sentence names it.
  case vain(String)
  /// The goal will not be reached, or was not reached in time; the sentence has the reason.
  case missed(String)
  /// A reload removed the service.
  case gone

  /// Whether the command was accepted, and with it the wishes of a person.
  var isAnswerToWish: Bool {
    switch self {
    case .reached, .accepted, .failed, .vain, .missed: true
    case .refused, .checkFailed, .gone: false
    }
  }

  /// Whether the goal is reached.
  var isReached: Bool {
    if case .reached = self { true } else { false }
  }
}
