// The answer to the end of a service's run.

/// The answer to the end of a service's run (rules 9 to 14).
public struct RestartPolicy: Sendable, Equatable {
  /// The ends that are followed by a restart.
  public var rule: Rule
  /// Consecutive automatic attempts before `failed`; nil: unlimited.
  public var maxAttempts: Int?
  /// The delay of each attempt.
  public var backoff: Backoff
  /// The time of running and being healthy after which the attempts go back to 0.
  public var resetAfter: Duration
  /// Exit codes that count as a clean end.
  public var successExitCodes: [Int32]
  /// Signals that count as a clean end when they end the process.
  public var successSignals: [Int32]

  /// A policy with the defaults of the service file.
  public init(
    rule: Rule = .always, maxAttempts: Int? = 3, backoff: Backoff = Backoff(), resetAfter: Duration = .seconds(600),
    successExitCodes: [Int32] = [0], successSignals: [Int32] = []
  ) {
    self.rule = rule
    self.maxAttempts = maxAttempts
    self.backoff = backoff
    self.resetAfter = resetAfter
    self.successExitCodes = successExitCodes
    self.successSignals = successSignals
  }

  /// Whether an end is a success by its exit code or signal, whatever follows from it.
  package func isSuccess(_ exit: Exit) -> Bool {
    switch exit {
    case .code(let code): successExitCodes.contains(code)
    case .signal(let signal, _): successSignals.contains(signal)
    case .outOfMemory, .unknown: false
    }
  }

  /// Whether an end is clean: a success that the rule answers with no restart (rule 9).
  package func isClean(_ exit: Exit) -> Bool {
    rule != .always && isSuccess(exit)
  }

  /// The ends that are followed by a restart.
  public enum Rule: String, Sendable, CaseIterable {
    case always
    case onFailure = "on-failure"
    case never
  }
}

/// The reason of a restart: the label `reason` of `stoker_service_restarts_total`.
package enum RestartReason: String, Sendable, CaseIterable {
  case exit, signal, oom, unhealthy, watchdog
  case startFailed = "start_failed"
  case startTimeout = "start_timeout"
  case dependency, manual, reload
  case runtimeMax = "runtime_max"
}
