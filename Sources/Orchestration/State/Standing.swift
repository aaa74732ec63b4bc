// The facts of a service that other parts of the core see.

/// The facts of a service that its neighbours, the sums of the node and the registry see.
struct Standing: Sendable, Equatable {
  var status = Status.stopped
  var health = Health.unknown
  var isDesiredUp = false
  /// Whether its stop is decided and has not begun.
  var isStopDue = false
  /// Whether the process lives and has not reported yet that it is ready.
  var isReadying = false
  var isAlive = false
  var isReady = false
  /// Whether a run exists that other services have to wait for.
  var occupies = false
  /// Whether its dependencies need not wait for its end before they go down: a person forced its run while they were down or going down.
  var isForced = false
  var isLeftOver = false
  /// Whether it has failed and starts again when what was lost to it is back.
  var comesBack = false
  var isRetiring = false
  /// Whether a check of the current run has passed.
  var hasSucceeded = false
  /// Whether a check of the current run had a result.
  var hasResult = false
  var runStarted: Instant?

  /// The standing of a service before its first event.
  init() {}

  init(_ values: ServiceView.Values, hasResult: Bool) {
    status = values.status
    health = values.health
    isDesiredUp = values.isDesiredUp
    isStopDue = values.isStopDue
    isReadying = values.isReadying
    isAlive = values.isAlive
    isReady = values.isReady
    occupies = values.state.occupies
    isForced = values.isForced
    isLeftOver = values.isLeftOver
    comesBack = values.comesBack
    isRetiring = values.isRetiring
    hasSucceeded = values.hasSucceeded
    self.hasResult = hasResult
    runStarted = values.runStarted
  }

  /// Whether a run exists that the services that it requires have to wait for.
  var holdsRequired: Bool { occupies && !isForced }

  /// Whether it is starting or running, so that there is a run to stop.
  var isUnderWay: Bool { status.isUnderWay }

  /// Whether its current run is ending, or its stop is decided.
  var isGoingDown: Bool {
    status == .stopping ? occupies : isStopDue
  }

  /// Whether it has settled: start done, completed, failed, stopped, disabled, or in back-off (rule 22). An external
  /// service may never leave its start, so its first result settles it. A service that waits settles together with its
  /// blockers.
  var isSettled: Bool {
    switch status {
    case .stopped, .running, .backoff, .completed, .failed: true
    case .starting: hasResult
    case .stopping: isLeftOver
    case .waiting: false
    }
  }
}

extension Standing {
  /// Whether it runs and cannot look ill: it has no check.
  func isBare(as spec: ServiceSpec) -> Bool { status == .running && spec.check == nil }

  /// Whether an unmet condition may still be met, so that a dependent waits for it (rule 16).
  func mayStillMeet(_ condition: Dependency.Condition) -> Bool {
    guard isDesiredUp else { return false }
    switch status {
    case .failed: return false
    // Up already, and the event that meets the condition may still come: its first success, or its end.
    case .running: return isStopDue || condition == .completed || condition == .ended || !hasSucceeded
    case .stopped, .waiting, .starting, .backoff, .stopping, .completed: return true
    }
  }

  /// Whether a dependency on this service, which is `spec`, is met (rule 15). A oneshot that has completed meets every
  /// condition.
  func meets(_ condition: Dependency.Condition, as spec: ServiceSpec) -> Bool {
    switch status {
    case .completed:
      return condition == .completed || condition == .ended || spec.kind == .oneshot
    case .running:
      guard isDesiredUp, !isStopDue else { return false }
      switch condition {
      case .started, .ready: return true
      case .healthy: return spec.check == nil || (hasSucceeded && health != .unhealthy)
      case .completed, .ended: return false
      }
    case .starting:
      return condition == .started && isReadying && isDesiredUp && !isStopDue
    case .failed:
      return condition == .ended && !comesBack
    case .stopped, .waiting, .backoff, .stopping:
      return false
    }
  }
}

extension Status {
  /// Whether a service in this state has started, and its dependencies can be lost to it.
  var canLose: Bool {
    switch self {
    case .starting, .running, .backoff, .failed: true
    case .stopped, .waiting, .stopping, .completed: false
    }
  }
}
