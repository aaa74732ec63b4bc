// What happens when a service falls.

/// What happens when a service falls (rules 9 to 14).
public struct RestartPolicy: Sendable, Equatable {
  /// Which ends are followed by a restart.
  public var rule: Rule
  /// Consecutive automatic attempts before `failed`; nil: unlimited.
  public var maxAttempts: Int?
  /// The delay of each attempt.
  public var backoff: Backoff
  /// Running and not unhealthy this long sets the attempts back to 0.
  public var resetAfter: Duration
  /// Exit codes that count as a clean end.
  public var successExitCodes: [Int32]

  /// A policy with the defaults of the service file.
  public init(
    rule: Rule = .always, maxAttempts: Int? = 3, backoff: Backoff = Backoff(), resetAfter: Duration = .seconds(600),
    successExitCodes: [Int32] = [0]
  ) {
    self.rule = rule
    self.maxAttempts = maxAttempts
    self.backoff = backoff
    self.resetAfter = resetAfter
    self.successExitCodes = successExitCodes
  }

  /// Whether an end is a success by its exit code, whatever follows from it.
  package func isSuccess(_ exit: Exit) -> Bool {
    if case .code(let code) = exit { successExitCodes.contains(code) } else { false }
  }

  /// Whether an end is clean: a success that the rule answers with no restart (rule 9).
  package func isClean(_ exit: Exit) -> Bool {
    rule != .always && isSuccess(exit)
  }

  /// Which ends are followed by a restart.
  public enum Rule: String, Sendable, CaseIterable {
    case always
    case onFailure = "on-failure"
    case never
  }
}
