// Commands to all services at once, as callers of the supervisor give them.

import Orchestration

/// A command to all services at once.
enum CommandToServices: Sendable, CaseIterable {
  case start, stop, restart

  /// The command for the core.
  var command: Command {
    switch self {
    case .start: .startAll
    case .stop: .stopAll
    case .restart: .restartAll
    }
  }

  /// The same for one service.
  var verb: ServiceCommand.Verb {
    switch self {
    case .start: .start(force: false)
    case .stop: .stop(.cascade)
    case .restart: .restart(force: false)
    }
  }

  /// One service that it concerns, when the command came.
  struct Order: Sendable {
    let command: ServiceCommand
    let before: ServiceView
    /// The attempts that were used when the command was accepted.
    let attempts: Int
  }

  /// The core's answer.
  enum Answer: Sendable {
    case refused(Refusal)
    case accepted([Order])
  }
}
