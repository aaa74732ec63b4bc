// When a start is done, and how long it may take.

/// When a start is done, and how long it may take (rules 13, 15).
package struct StartPolicy: Sendable, Equatable {
  /// The process says that it is ready, in whatever way; otherwise it is when its exec has succeeded.
  package var isNotified: Bool
  /// From the beginning of the start, its pre-start hook included, until it has failed; moved by what the process asks for
  /// (`EXTEND_TIMEOUT_USEC`).
  package var timeout: Duration

  /// A policy with the defaults of the service file: done at exec, 60 s.
  package init(isNotified: Bool = false, timeout: Duration = .seconds(60)) {
    self.isNotified = isNotified
    self.timeout = timeout
  }
}
