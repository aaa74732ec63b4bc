// One restart, as the history, the journal, the events and the log show it.

import Journal
import Orchestration

/// One restart: made from the core's change, and read by history, events and log.
struct RestartRecord: Sendable {
  /// The run that begins with it.
  var run: UInt64
  var at: Timestamp
  var reason: RestartReason
  /// The end that it follows, or the request (rule 27).
  var text: Sentence
  /// Consecutive automatic attempts with this one; 0 after a manual restart.
  var attempt: Int
  /// The most attempts that the policy allows; nil: unlimited.
  var limit: Int?
  /// The end of the run before; nil if there was none.
  var exit: Exit?
  /// The last error before it.
  var error: Sentence?

  /// The prefix of an automatic restart's cause.
  fileprivate static let automatic = "automatic: "

  /// The text, marked if the restart was automatic.
  var cause: Sentence {
    switch reason {
    case .manual, .reload: text
    case .dependency, .exit, .signal, .oom, .unhealthy, .watchdog, .runtimeMax, .startFailed, .startTimeout: "\(Self.automatic)\(text)"
    }
  }

  /// The sentence of the log and the events, without the name: an attempt is numbered, any other restart is not.
  var sentence: Sentence {
    switch reason {
    case .manual, .reload, .dependency: return "restarted (\(text))"
    case .exit, .signal, .oom, .unhealthy, .watchdog, .runtimeMax, .startFailed, .startTimeout:
      // A reload may have lowered the limit since the attempt was granted.
      let most = limit.flatMap { $0 < attempt ? nil : " of \($0)" } ?? ""
      return "restart \(attempt)\(most) (\(text))"
    }
  }
}

extension RestartRecord {
  /// The last restart of an earlier Stoker, from the journal. `attempt`: attempts used by then.
  init(_ restart: Journal.Loaded.Restart, attempt: Int) {
    let cause = Sentence(stored: restart.cause)
    self.init(
      run: restart.run, at: Timestamp(milliseconds: restart.at), reason: restart.reason,
      text: cause.map { $0.hasPrefix(Self.automatic) ? String($0.dropFirst(Self.automatic.count)) : $0 }, attempt: attempt)
  }
}
