// The commands that run before and after a run, and at its reload.

/// A command that runs before, after or next to a service's own process. A service has the hooks that its file names.
package enum Hook: String, Sendable, CaseIterable {
  /// Before the spawn; if it fails, so does the start (rule 13).
  case preStart = "pre_start"
  /// When the start is done. Its failure is reported and has no consequence.
  case postStart = "post_start"
  /// Before a requested stop; its time is part of the stop's timeout.
  case preStop = "pre_stop"
  /// `stop.command`: asks the process to end, before the signal; its time is part of the stop's timeout.
  case stop
  /// After the last process of a run has ended, however it ended.
  case postStop = "post_stop"
  /// `reload.check`: before a reload, and before a requested restart; if it fails, nothing is done.
  case reloadCheck = "reload_check"
  /// `reload.command`: lets the process read its configuration again.
  case reload

  /// The hooks around a run.
  package static let aroundRuns: [Hook] = [.preStart, .postStart, .preStop, .stop, .postStop]

  /// The name of the hook in sentences: "pre-start hook", "stop command".
  package var words: String {
    switch self {
    case .preStart: "pre-start hook"
    case .postStart: "post-start hook"
    case .preStop: "pre-stop hook"
    case .stop: "stop command"
    case .postStop: "post-stop hook"
    case .reloadCheck: "reload check"
    case .reload: "reload command"
    }
  }
}
