// --wait GOAL: what start and restart wait for.

import ArgumentParser

/// The goal that a start or a restart waits for; nil: the start is done, and the process has lived for `ready.min_uptime`.
enum WaitGoal: String, ExpressibleByArgument, CaseIterable, Sendable {
  case running, healthy, completed, none

  /// The goal in the query of a request.
  static func query(_ goal: WaitGoal?) -> String { goal.map { "?wait=\($0.rawValue)" } ?? "" }

  static let help = ArgumentHelp(
    "Wait until each service is running (its program is executed), healthy or completed; none: do not wait.", valueName: "goal")
}
