// The stop of a service.

/// The stop of a service (rule 24).
public struct StopPolicy: Sendable, Equatable {
  /// The signal that asks it to end.
  public var signal: Int32
  /// Whether no signal follows a stop command that succeeded (`stop.signal: none`); `signal` is that of all other stops.
  public var isCommandEnough: Bool
  /// From the beginning of the stop to SIGKILL.
  public var timeout: Duration
  /// The processes that get the signal.
  public var scope: Scope

  /// A policy with the defaults of the service file: SIGTERM to every process of the run, 30 s.
  public init(signal: Int32 = 15, timeout: Duration = .seconds(30), scope: Scope = .group, isCommandEnough: Bool = false) {
    self.signal = signal
    self.isCommandEnough = isCommandEnough
    self.timeout = timeout
    self.scope = scope
  }

  /// The processes that get the signal that asks for the end. SIGKILL goes to every process of the run in either case.
  public enum Scope: String, Sendable, CaseIterable {
    /// Every process of the run.
    case group
    /// The main process, which stops the others itself. If it leaves some, these get the signal when it has ended.
    case process
  }
}
