// The face of a service towards others.

/// The facts of a service that neighbours, the sums of the node and the registry see.
struct Standing: Sendable, Equatable {
  var status = Status.stopped
  var health = Health.unknown
  var isDesiredUp = false
  /// Its stop is decided and has not begun.
  var isStopDue = false
  /// The process lives and has not said yet that it is ready.
  var isReadying = false
  var isAlive = false
  var isReady = false
  /// A run is there that others have to reckon with.
  var occupies = false
  var isLeftOver = false
  var isRetiring = false
  /// A check of the present run has passed.
  var hasSucceeded = false
  /// A check of the present run had a result.
  var hasResult = false
  var runStarted: Instant?

  /// The standing of a service that nothing has happened to yet.
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
    isLeftOver = values.isLeftOver
    isRetiring = values.isRetiring
    hasSucceeded = values.hasSucceeded
    self.hasResult = hasResult
    runStarted = values.runStarted
  }

  /// Starting or running: there is something that can be stopped.
  var isUnderWay: Bool { status.isUnderWay }

  /// Its present run is to end, or is ending.
  var isGoingDown: Bool {
    status == .stopping ? occupies : isStopDue
  }

  /// Start done, completed, failed, stopped, disabled, or in back-off (rule 23). An external service may stay in its start for ever; its
  /// first result settles it. A service that waits has settled with all that it waits for.
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
  /// Whether a condition that is not met is worth waiting for (rule 16).
  func mayStillMeet(_ condition: Dependency.Condition) -> Bool {
    guard isDesiredUp else { return false }
    switch status {
    case .failed: return false
    // Up already, and what is waited for is still to come: its first success, or its end.
    case .running: return isStopDue || condition == .completed || !hasSucceeded
    case .stopped, .waiting, .starting, .backoff, .stopping, .completed: return true
    }
  }

  /// Whether a dependency on this service, which is `spec`, is met (rule 15). A oneshot that is done has started, was ready and is well.
  func meets(_ condition: Dependency.Condition, as spec: ServiceSpec) -> Bool {
    switch status {
    case .completed:
      return condition == .completed || spec.kind == .oneshot
    case .running:
      guard isDesiredUp, !isStopDue else { return false }
      switch condition {
      case .started, .ready: return true
      case .healthy: return spec.check == nil || (hasSucceeded && health != .unhealthy)
      case .completed: return false
      }
    case .starting:
      return condition == .started && isReadying && isDesiredUp && !isStopDue
    case .stopped, .waiting, .backoff, .stopping, .failed:
      return false
    }
  }
}
