// The last reload of a service and the last signal that somebody sent it, as history, events and log show them.

import Orchestration
import Probes

/// The end of a reload, or of a check that kept a restart from happening.
struct ReloadRecord: Sendable {
  var at: Timestamp
  var outcome: ReloadOutcome
  /// The request, in words.
  var cause: String
  /// Why it did not succeed; nil if it did.
  var reason: Sentence?
  /// All of it, without the name of the service.
  var sentence: Sentence

  /// - Parameters:
  ///   - problem: The failure of the check or the command that ran last.
  ///   - timeout: The time that it had.
  init(
    at: Timestamp, _ purpose: ReloadPurpose, _ end: ReloadEnd, problem: Sentence?, timeout: Duration?, cause: String,
    in graph: DependencyGraph
  ) {
    self.at = at
    self.cause = cause
    outcome = end.outcome
    reason = Self.reason(end, problem: problem, limit: timeout.map { "in \($0.text)" } ?? "in time", in: graph)
    let done = purpose == .reload ? "reloaded" : "restarted"
    sentence = reason.map { "not \(done): \($0) (\(cause))" } ?? "\(done) (\(cause))"
  }

  private static func reason(_ end: ReloadEnd, problem: Sentence?, limit: String, in graph: DependencyGraph) -> Sentence? {
    switch end {
    case .succeeded: nil
    case .checkFailed: "its \(Hook.reloadCheck.words) failed: \(problem ?? "no reason is known")"
    case .commandFailed: "its \(Hook.reload.words) failed: \(problem ?? "no reason is known")"
    case .timedOut(.hook): "its \(Hook.postStart.words) did not end \(limit)"
    case .timedOut(.check): "its \(Hook.reloadCheck.words) did not end \(limit)"
    case .timedOut(.command): "its \(Hook.reload.words) did not end \(limit)"
    case .timedOut(.ready): "it reported RELOADING=1, and did not report READY=1 \(limit)"
    case .interrupted(let cause): "its run ends (\(cause.text(in: graph)))"
    case .refused: "its \(Hook.reloadCheck.words) has passed, and a restart is not possible any more"
    }
  }
}

/// A signal that was sent to a service on request.
struct SignalRecord: Sendable {
  var at: Timestamp
  /// `SIGHUP`
  var signal: String
  var scope: StopPolicy.Scope
  /// The request, in words.
  var cause: String

  /// All of it, without the name of the service.
  var sentence: String { "\(signal) sent to \(receivers) (\(cause))" }

  /// The receivers in words.
  var receivers: String {
    switch scope {
    case .process: "its main process"
    case .group: "all its processes"
    }
  }
}
