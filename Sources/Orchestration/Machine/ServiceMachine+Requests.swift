// Requests to a run that changes no state by them: a reload, and a signal (rule 86).

extension ServiceMachine {
  /// Requests a reload, or the check that comes before a restart.
  mutating func request(_ purpose: ReloadPurpose, by origin: Origin, at moment: Moment) -> CommandAnswer {
    if let refusal = spec.refusalOfReload(values, isFullStop: moment.isFullStop) { return .refused(refusal) }
    steps += reload.request(purpose, by: origin, &values, at: moment.now)
    return purpose == .restart ? .checking : .accepted(alsoStarted: [], alsoStopped: [])
  }

  /// The time of its reload's stage is over.
  mutating func reloadDue(at moment: Moment) { steps += reload.due(&values, at: moment.now) }

  /// Sends a signal to the processes of the run.
  mutating func requestSignal(_ signal: Int32, _ scope: StopPolicy.Scope, by origin: Origin) -> CommandAnswer {
    if let refusal = spec.refusalOfSignal(values, scope) { return .refused(refusal) }
    act(.sendSignal(service, run: values.run, signal, scope))
    record(.signalled(service, run: values.run, signal, scope), .requested(origin))
    return .accepted(alsoStarted: [], alsoStopped: [])
  }
}

extension ServiceSpec {
  /// Whether a requested restart of this running service is checked first.
  func checksRestart(_ values: ServiceView.Values) -> Bool {
    reload?.hasCheck == true && values.status == .running && values.isDesiredUp && !values.isStopDue
  }

  fileprivate func refusalOfReload(_ values: ServiceView.Values, isFullStop: Bool) -> Refusal? {
    if isFullStop { return .shuttingDown }
    if values.isRetiring { return .beingRemoved }
    if reload == nil { return .noReload }
    return values.status == .running && !values.isStopDue ? nil : .notRunning
  }

  fileprivate func refusalOfSignal(_ values: ServiceView.Values, _ scope: StopPolicy.Scope) -> Refusal? {
    switch kind {
    case .external, .inProcess: .noProcess
    case .process, .forking, .oneshot: values.isAlive || scope == .group && values.hasRemains ? nil : .notRunning
    }
  }
}
