// Required dependencies that are lost to a service after its start (rule 84).

extension ServiceMachine {
  /// Ends a run whose failures have reached the threshold, unless the policy only reports; the restart policy judges the end (rule 11).
  /// Nothing that it requires is lost.
  mutating func recover(at moment: Moment) {
    guard let policy = spec.check, case .running = state, values.descent == nil, spec.recovers,
      values.consecutiveFailures >= policy.failureThreshold
    else { return }
    beginStop(.judge(.unhealthy), cause: .unhealthy, at: moment)
    steps.append(.drag)
  }

  /// It has given up while something that it requires was lost.
  mutating func comeBack(at moment: Moment) {
    guard case .failed(let byLimit, _) = state else { return }
    amend(.failed(byLimit: byLimit, comesBack: true))
    refresh([], at: moment)
  }

  /// Takes the required dependencies that are lost to it from now on. When none is any more, it is judged afresh, or tried again.
  /// - Parameter returned: The one that is back, if one was lost.
  mutating func loses(_ lost: [Blocker], returned: ServiceID?, at moment: Moment) {
    let last = returned ?? spec.dependencies.first { !$0.isOptional }?.service
    values.lost = lost
    if lost.isEmpty { values.isForced = false }
    refresh([], at: moment)
    guard lost.isEmpty, values.isDesiredUp else { return }
    switch state {
    case .failed(_, comesBack: true):
      values.attempts = 0
      let cause = last.map { Cause.dependency($0) } ?? .sum
      steps.append(.start(.planned(.dependency, cause), cause: cause))
    case .running where values.consecutiveFailures > 0:
      values.forgetStreaks()
      steps += checks.startAnew(at: moment.now)
    case .stopped, .waiting, .starting, .running, .backoff, .stopping, .completed, .failed:
      break
    }
  }
}
