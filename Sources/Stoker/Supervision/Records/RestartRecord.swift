// One restart, as the history, the journal, the events and the log have it.

import Journal
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

  /// Before the words of a restart that nobody asked for.
  fileprivate static let automatic = "automatic: "

  /// The words, and whether a person is behind them.
  var cause: String {
    switch reason {
    case .manual, .reload: words
    case .dependency, .exit, .signal, .oom, .unhealthy, .watchdog, .startFailed, .startTimeout: Self.automatic + words
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

extension RestartRecord {
  /// The last restart that an earlier Stoker made, as the journal has it. `attempt`: attempts used by then.
  init(_ restart: Journal.Loaded.Restart, attempt: Int) {
    let cause = restart.cause
    self.init(
      run: restart.run, at: Timestamp(nanoseconds: restart.at * 1_000_000), reason: restart.reason,
      words: cause.hasPrefix(Self.automatic) ? String(cause.dropFirst(Self.automatic.count)) : cause, attempt: attempt)
  }
}
