// The counters of a service, in a fixed order: so that it can be written down and taken up again (rule 33).

extension ServiceView.Values {
  /// Names of the counters, in their order.
  package static let counterNames: [String] =
    RestartReason.allCases.map { "restarts.\($0.rawValue)" } + ExitOutcome.allCases.map { "exits.\($0.rawValue)" }
    + StartStage.allCases.map { "start_failures.\($0.rawValue)" } + Status.allCases.map { "state_nanoseconds.\($0.rawValue)" }
    + ["stop_kills", "checks", "check_failures"]

  /// The counters. Time in the present state is what its earlier stays add up to.
  package var counters: [UInt64] {
    restarts.counts + exits.counts + startFailures.counts + timeInState.counts + [stopKills, checks, checkFailures]
  }

  /// Takes the counters of an earlier Stoker over; any other number of them than there are names changes nothing.
  mutating func takeOver(_ counters: [UInt64]) {
    guard counters.count == Self.counterNames.count else { return }
    var next = counters.makeIterator()
    func take() -> UInt64 { next.next() ?? 0 }
    for reason in RestartReason.allCases { restarts[reason] = take() }
    for outcome in ExitOutcome.allCases { exits[outcome] = take() }
    for stage in StartStage.allCases { startFailures[stage] = take() }
    for status in Status.allCases { timeInState[status] = take() }
    stopKills = take()
    checks = take()
    checkFailures = take()
  }
}
