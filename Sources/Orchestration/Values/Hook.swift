// The commands around a run.

/// A command that is run around a service's own process. A service has those that its file names.
package enum Hook: String, Sendable, CaseIterable {
  /// Before the spawn; if it fails, so does the start (rule 13).
  case preStart = "pre_start"
  /// When the start is done; that it failed is said, and nothing follows from it.
  case postStart = "post_start"
  /// Before a stop that was asked for; its time is part of the stop's timeout.
  case preStop = "pre_stop"
  /// `stop.command`: asks the process to end, before the signal does; its time is part of the stop's timeout.
  case stop
  /// When nothing of a run is left, however it ended.
  case postStop = "post_stop"

  /// The hook as people call it: "pre-start hook", "stop command".
  package var words: String {
    switch self {
    case .preStart: "pre-start hook"
    case .postStart: "post-start hook"
    case .preStop: "pre-stop hook"
    case .stop: "stop command"
    case .postStop: "post-stop hook"
    }
  }
}
