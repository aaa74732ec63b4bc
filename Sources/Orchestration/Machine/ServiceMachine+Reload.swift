// A reload, for one service.

extension ServiceMachine {
  /// Restarts a run that does not match the file any more, without using an attempt. A service that has failed or
  /// completed is tried again.
  /// - Parameter startsCompleted: Whether a service that has completed runs again.
  mutating func renew(by origin: Origin, startsCompleted: Bool, cause: Cause, at moment: Moment) {
    // External services are never restarted.
    guard !values.isExternal else { return }
    if values.status == .stopping, values.isDesiredUp { values.attempts = 0 }
    guard values.isRenewed(startsCompleted: startsCompleted) else { return }
    let start = ServiceState.Start.planned(.reload, cause)
    switch state {
    case .starting, .running:
      values.attempts = 0
      setHealth(.unknown, cause: cause, at: moment)
      steps.append(.drag)
      takeDown(.start(start), order: .linked, cause: cause, at: moment)
    case .backoff, .failed, .completed:
      wantUp(by: origin, cause: cause, at: moment)
      steps.append(.start(start, cause: cause))
    case .stopping(var stopping):
      // The end of the old run has no meaning for the new one.
      stopping.next = .start(start)
      amend(.stopping(stopping))
    case .stopped, .waiting: return
    }
  }

  /// Changes the check: the one in flight is cancelled, and the next follows the new schedule.
  mutating func recheck(cause: Cause, at moment: Moment) {
    steps += checks.stop()
    let isUp = values.status == .running || values.isExternal && state.isUnderWay
    if isUp, !checks.hasResult { checks.allowStartUp(at: moment.now) }
    guard isUp, values.isDesiredUp else { return }
    if spec.check == nil {
      checks.hasResult = false
      values.forgetChecks()
      // The health of a service that is being restarted on request is unknown.
      setHealth(values.descent?.next.isRenewal == true ? .unknown : .healthy, cause: cause, at: moment)
    } else if checks.hasResult {
      steps += checks.resume(at: moment.now)
    } else {
      // Healthy without a result: there was no check. The verdict on an earlier run stays (rule 3).
      if values.health == .healthy { setHealth(.unknown, cause: cause, at: moment) }
      startChecks(at: moment)
    }
    refresh([], at: moment)
  }

  /// Ends the checks of a removed service.
  mutating func letGo() {
    steps += checks.stop()
  }

  /// The same machine for the service at its place in the new file, whose times it follows from now on.
  func moved(to service: ServiceID, _ spec: ServiceSpec, _ place: (ServiceID) -> ServiceID?) -> ServiceMachine {
    var machine = self
    machine.service = service
    machine.spec = spec
    machine.checks.service = service
    machine.checks.policy = spec.check
    machine.reload.service = service
    machine.reload.policy = spec.reload
    machine.values = values.moved(place)
    machine.values.isExternal = spec.kind == .external
    return machine
  }

  /// Adapts timers to the times of the new file.
  mutating func retime(from old: ServiceSpec, at moment: Moment) {
    if spec.restart.resetAfter != old.restart.resetAfter { steps += timers.reset(nil) }
    if spec.runtimeMax != old.runtimeMax, values.status == .running { steps += timers.limit(to: spec.runtimeMax, from: values.runStarted) }
    refresh([], at: moment)
  }
}

extension ServiceState.Next {
  /// Whether a requested new run follows.
  fileprivate var isRenewal: Bool {
    switch self {
    case .start(.planned(.manual, _)), .start(.planned(.reload, _)), .start(.forced): true
    case .rest, .start, .judge: false
    }
  }
}
