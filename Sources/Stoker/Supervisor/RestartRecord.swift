// One restart, as the history, the journal, the events and the log have it.

import Orchestration

/// One restart: made where the core says it, and read by all who tell of it.
struct RestartRecord: Sendable {
  /// The run that begins with it.
  var run: UInt64
  var at: Timestamp
  var reason: RestartReason
  /// The end that it answers, or the request (rule 27).
  var words: String
  /// Consecutive automatic attempts with this one; 0 after a manual restart.
  var attempt: Int
  /// The most attempts that the policy allows; nil: unlimited.
  var limit: Int?
  /// How the run before ended; nil where none did.
  var exit: Exit?
  /// The last error before it.
  var error: String?

  /// The words, and whether a person is behind them.
  var cause: String {
    switch reason {
    case .manual, .reload: words
    case .dependency, .exit, .signal, .oom, .unhealthy, .watchdog, .startFailed, .startTimeout: "automatic: \(words)"
    }
  }

  /// The sentence of the log and the events, without the name: an attempt is numbered, any other restart is not.
  var sentence: String {
    switch reason {
    case .manual, .reload, .dependency: return "restarted (\(words))"
    case .exit, .signal, .oom, .unhealthy, .watchdog, .startFailed, .startTimeout:
      // A reload may have lowered the limit since the attempt was granted.
      let most = limit.flatMap { $0 < attempt ? nil : " of \($0)" } ?? ""
      return "restart \(attempt)\(most) (\(words))"
    }
  }
}
