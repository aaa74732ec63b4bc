// The end of a start, and the time that it may take.

/// The end of a start, and the time that it may take (rules 13, 15).
package struct StartPolicy: Sendable, Equatable {
  /// Whether the process reports that it is ready; otherwise the start is done when the exec has succeeded.
  package var isNotified: Bool
  /// The longest time of a start, its pre-start hook included. The process can ask for more (`EXTEND_TIMEOUT_USEC`).
  package var timeout: Duration

  /// A policy with the defaults of the service file: done at exec, 60 s.
  package init(isNotified: Bool = false, timeout: Duration = .seconds(60)) {
    self.isNotified = isNotified
    self.timeout = timeout
  }
}

/// The part of a start that failed: the label `stage` of `stoker_service_start_failures_total`.
package enum StartStage: String, Sendable, CaseIterable {
  case spawn, hook, ready
}
