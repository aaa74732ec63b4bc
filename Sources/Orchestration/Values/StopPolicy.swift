// How a service is stopped.

/// How a service is stopped (rule 24).
public struct StopPolicy: Sendable, Equatable {
  /// The signal that asks it to end.
  public var signal: Int32
  /// From the stop's begin to SIGKILL.
  public var timeout: Duration
  /// Who gets the signal.
  public var scope: Scope

  /// A policy with the defaults of the service file: SIGTERM to everything of the run, 30 s.
  public init(signal: Int32 = 15, timeout: Duration = .seconds(30), scope: Scope = .group) {
    self.signal = signal
    self.timeout = timeout
    self.scope = scope
  }

  /// Who gets the signal that asks for the end. SIGKILL goes to everything in either case.
  public enum Scope: String, Sendable, CaseIterable {
    /// Everything of the run.
    case group
    /// The main process, which looks after the others itself.
    case process
  }
}
