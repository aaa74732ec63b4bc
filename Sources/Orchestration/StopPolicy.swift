// How a service is stopped.

/// How a service is stopped (rule 24).
public struct StopPolicy: Sendable, Equatable {
  /// The signal that asks it to end.
  public var signal: Int32
  /// From the signal to SIGKILL.
  public var timeout: Duration

  /// A policy with the defaults of the service file: SIGTERM, 30 s.
  public init(signal: Int32 = 15, timeout: Duration = .seconds(30)) {
    self.signal = signal
    self.timeout = timeout
  }
}
