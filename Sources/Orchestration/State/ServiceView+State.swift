// Facts that follow from the state of a service: computed, so that they can never be anything else.

extension ServiceView.Values {
  /// The word for its state.
  package var status: Status { state.status }

  /// The main process (task) lives.
  package var isAlive: Bool {
    switch state {
    case .running: !isExternal || health != .unhealthy
    case .starting(let starting): isExternal ? health != .unhealthy : starting.phase == .readying
    case .stopping(let stopping): stopping.isSpawned && stopping.exit == nil
    case .stopped, .waiting, .backoff, .completed, .failed: false
    }
  }

  /// The start is done: running, or completed, or an external service whose check passes (rule 23).
  package var isReady: Bool {
    switch state {
    case .running: !isExternal || health != .unhealthy
    case .completed: true
    case .stopped, .waiting, .starting, .backoff, .stopping, .failed: false
    }
  }

  /// The process of the present run lives and has not said yet that it is ready.
  package var isReadying: Bool {
    if case .starting(let starting) = state { starting.phase == .readying } else { false }
  }

  /// Its stop is decided and begins when those that depend on it have ended; until then it meets no condition any more.
  package var isStopDue: Bool { descent != nil }

  /// Something of an earlier run outlived SIGKILL and the grace.
  package var isLeftOver: Bool {
    if case .stopping(let stopping) = state { stopping.phase == .leftOver } else { false }
  }

  /// Given up because the limit was reached.
  package var isLimitReached: Bool {
    if case .failed(byLimit: true) = state { true } else { false }
  }

  /// When the next attempt is due, in back-off.
  package var nextAttempt: Instant? {
    if case .backoff(let until, _, _) = state { until } else { nil }
  }

  /// The delay of the present back-off.
  package var backoff: Duration? {
    if case .backoff(_, let delay, _) = state { delay } else { nil }
  }

  /// When the wait for what it waits for is over in any case: optional dependencies are waited for only so long (rule 16).
  package var waitsUntil: Instant? {
    if case .waiting(let waiting) = state { waiting.optionalUntil } else { nil }
  }

  /// Whether a dependency on this service, which is `spec`, is met (rule 15).
  package func meets(_ condition: Dependency.Condition, as spec: ServiceSpec) -> Bool {
    Standing(self, hasResult: false).meets(condition, as: spec)
  }
}
