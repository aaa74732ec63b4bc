// The end of a start, and the time that it may take.

/// The end of a start, and the time that it may take (rules 13, 15).
package struct StartPolicy: Sendable, Equatable {
  /// Whether the process reports that it is ready; otherwise the start is done when the exec has succeeded.
  package var isNotified: Bool
  /// The longest time of a start, its pre-start hook included. The process can ask for more (`EXTEND_TIMEOUT_USEC`).
  package var timeout: Duration
  /// The time that a process must have lived before a command says that it is started, if it does not report that it is ready. Only
  /// answers wait for it: the start itself is done before (rule 57).
  package var minUptime: Duration

  /// A policy with the defaults of the service file: done at exec, 60 s, 1 s.
  package init(isNotified: Bool = false, timeout: Duration = .seconds(60), minUptime: Duration = .seconds(1)) {
    self.isNotified = isNotified
    self.timeout = timeout
    self.minUptime = minUptime
  }
}

/// The part of a start that failed: the label `stage` of `stoker_service_start_failures_total`.
package enum StartStage: String, Sendable, CaseIterable {
  case spawn, hook, ready
}
