// Facts that follow from the state of a service: computed, so that they can never contradict it.

extension ServiceView.Values {
  /// The state without its data.
  package var status: Status { state.status }

  /// Whether the main process (or task) lives.
  package var isAlive: Bool {
    switch state {
    case .running: !isExternal || health != .unhealthy
    case .starting(let starting): isExternal ? health != .unhealthy : starting.phase == .readying
    case .stopping(let stopping): stopping.isSpawned && stopping.exit == nil
    case .stopped, .waiting, .backoff, .completed, .failed: false
    }
  }

  /// Whether processes of a run that is being ended are left.
  var hasRemains: Bool {
    if case .stopping(let stopping) = state { stopping.isSpawned && !stopping.isEmpty } else { false }
  }

  /// Whether the start is done: running, completed, or an external service whose check passes (rule 23).
  package var isReady: Bool {
    switch state {
    case .running: !isExternal || health != .unhealthy
    case .completed: true
    case .stopped, .waiting, .starting, .backoff, .stopping, .failed: false
    }
  }

  /// Whether the process of the current run lives and has not reported yet that it is ready.
  package var isReadying: Bool {
    if case .starting(let starting) = state { starting.phase == .readying } else { false }
  }

  /// The hook that runs now.
  package var hook: Hook? { hooks.current }

  /// Whether its stop is decided and begins when its dependents have ended; until then it meets no condition any more.
  package var isStopDue: Bool { descent != nil }

  /// Whether something is wrong with it: it failed, or it has a run and is not well. One that waits is held up by another.
  package var isTroubled: Bool {
    switch status {
    case .failed, .backoff: true
    case .starting, .running, .stopping: health == .degraded || health == .unhealthy
    case .stopped, .waiting, .completed: false
    }
  }

  /// Whether it has been restarted again and again, and its restarts still count (rule 10): one that helped is no loop.
  package var isLooping: Bool { attempts > 1 }

  /// Whether a process of an earlier run survived SIGKILL and the grace period.
  package var isLeftOver: Bool {
    if case .stopping(let stopping) = state { stopping.phase == .leftOver } else { false }
  }

  /// Whether it failed because the restart limit was reached.
  package var isLimitReached: Bool {
    if case .failed(byLimit: true, _) = state { true } else { false }
  }

  /// Whether it failed while a dependency was lost to it, and starts again when none is (rule 84).
  package var comesBack: Bool {
    if case .failed(_, comesBack: true) = state { true } else { false }
  }

  /// Whether a reload gives it another run, where its process would be different. Otherwise its next run follows the new file by itself.
  func isRenewed(startsCompleted: Bool) -> Bool {
    switch state {
    case .starting, .running: isDesiredUp && descent == nil
    case .backoff, .failed: true
    case .completed: startsCompleted
    case .stopping(let stopping): if case .judge = stopping.next { isDesiredUp } else { false }
    case .stopped, .waiting: false
    }
  }

  /// The services that keep it from being well: its blockers, or the dependencies that are lost to it.
  package var reasons: [Blocker] { blockers.isEmpty ? lost : blockers }

  /// The cause of a stop: the cause of the wish, whatever ended the process; without a stop, the cause of the state.
  package var stopCause: Cause { status == .stopped && !isDesiredUp ? wishCause : cause }

  /// The moment of the next attempt, in back-off.
  package var nextAttempt: Instant? {
    if case .backoff(let until, _, _) = state { until } else { nil }
  }

  /// The delay of the current back-off.
  package var backoff: Duration? {
    if case .backoff(_, let delay, _) = state { delay } else { nil }
  }

  /// Its uptime in a window; nil without data, and where there is none: a oneshot is not meant to stay up, nor is a service that has
  /// completed (rule 5).
  package func uptime(_ window: UptimeHistory.Window, of spec: ServiceSpec, at now: Instant) -> UptimeHistory.Share? {
    spec.kind == .oneshot || status == .completed ? nil : uptime.share(window, at: now)
  }

  /// The end of the wait for optional dependencies, which is limited (rule 16).
  package var waitsUntil: Instant? {
    if case .waiting(let waiting) = state { waiting.optionalUntil } else { nil }
  }

  /// Whether a dependency on this service, which is `spec`, is met (rule 15).
  package func meets(_ condition: Dependency.Condition, as spec: ServiceSpec) -> Bool {
    Standing(self, hasResult: false).meets(condition, as: spec)
  }
}
