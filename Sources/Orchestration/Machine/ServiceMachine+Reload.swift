// A reload, as one service sees it.

extension ServiceMachine {
  /// The present run is not what the file says any more: down, then up again, without an attempt. What has ended for good is tried again.
  /// - Parameter startsCompleted: Whether a service that has completed is run again.
  mutating func renew(by origin: Origin, startsCompleted: Bool, cause: Cause, at moment: Moment) -> [MachineStep] {
    // External services are never restarted.
    guard !values.isExternal else { return [] }
    let start = ServiceState.Start.planned(.reload, cause)
    switch state {
    case .starting, .running:
      guard values.isDesiredUp, values.descent == nil else { return [] }
      values.attempts = 0
      setHealth(.unknown, cause: cause, at: moment)
      steps.append(.drag)
      lower(.start(start), order: .linked, cause: cause, at: moment)
    case .completed where !startsCompleted:
      return []
    case .backoff, .failed, .completed:
      wantUp(by: origin, cause: cause, at: moment)
      steps.append(.start(start, cause: cause))
    case .stopping(var stopping):
      guard values.isDesiredUp else { return [] }
      values.attempts = 0
      // How the old run ended says nothing of the new one.
      if case .judge = stopping.next { stopping.next = .start(start) }
      amend(.stopping(stopping))
    case .stopped, .waiting:
      // The next run follows the new file by itself.
      return []
    }
    return taken()
  }

  /// The check asks something else: the one under way counts no more, and the next follows the new schedule.
  mutating func recheck(cause: Cause, at moment: Moment) -> [MachineStep] {
    steps += checks.stop()
    let isUp = values.status == .running || values.isExternal && state.isUnderWay
    if isUp, !checks.hasResult { checks.allowStartUp(at: moment.now) }
    guard isUp, values.isDesiredUp else { return taken() }
    if spec.check == nil {
      checks.hasResult = false
      values.forgetChecks()
      // Nothing is known yet of one that somebody has restarted.
      setHealth(values.descent?.next.isRenewal == true ? .unknown : .healthy, cause: cause, at: moment)
    } else if checks.hasResult {
      steps += checks.resume(at: moment.now)
    } else {
      // Healthy without a result: there was no check. What an earlier run was judged to be stays (rule 3).
      if values.health == .healthy { setHealth(.unknown, cause: cause, at: moment) }
      startChecks(at: moment)
    }
    became([], at: moment)
    return taken()
  }

  /// The service is gone, and nothing is left of it.
  mutating func letGo() -> [MachineStep] {
    checks.stop()
  }

  /// The same machine for the service at another place of another file, whose times it goes by from now on.
  func moved(to service: ServiceID, _ spec: ServiceSpec, _ place: (ServiceID) -> ServiceID?) -> ServiceMachine {
    var machine = self
    machine.service = service
    machine.spec = spec
    machine.checks.service = service
    machine.checks.policy = spec.check
    machine.values = values.moved(place)
    machine.values.isExternal = spec.kind == .external
    return machine
  }

  /// Lets timers go by the times of the new file.
  mutating func retime(from old: ServiceSpec, at moment: Moment) -> [MachineStep] {
    if spec.restart.resetAfter != old.restart.resetAfter { steps += timers.reset(nil) }
    became([], at: moment)
    return taken()
  }
}

extension ServiceState.Next {
  /// A new run follows that somebody asked for.
  fileprivate var isRenewal: Bool {
    switch self {
    case .start(.planned(.manual, _)), .start(.planned(.reload, _)): true
    case .rest, .start, .judge: false
    }
  }
}
