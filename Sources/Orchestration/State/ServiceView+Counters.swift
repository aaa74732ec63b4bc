// The counters of a service in a fixed order, so that they can be stored and restored (rule 33).

extension ServiceView.Values {
  /// The names of the counters, in order.
  package static let counterNames: [String] =
    RestartReason.allCases.map { "restarts.\($0.rawValue)" } + ExitOutcome.allCases.map { "exits.\($0.rawValue)" }
    + StartStage.allCases.map { "start_failures.\($0.rawValue)" } + Status.allCases.map { "state_nanoseconds.\($0.rawValue)" }
    + ["stop_kills", "checks", "check_failures"]

  /// The counters. The time in the current state is without the current stay in it.
  package var counters: [UInt64] {
    restarts.counts + exits.counts + startFailures.counts + timeInState.counts + [stopKills, checks, checkFailures]
  }

  /// The counters, with the current stay in the current state.
  package func counters(at now: Instant) -> [UInt64] {
    var values = self
    values.timeInState[status] &+= UInt64(max(0, now.nanoseconds - since.nanoseconds))
    return values.counters
  }

  /// Takes over the counters of an earlier Stoker. If their number is not that of the names, nothing changes.
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
