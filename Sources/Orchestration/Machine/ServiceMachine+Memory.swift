// The continuation of an earlier Stoker (rules 26, 33).

extension ServiceMachine {
  /// Takes over the facts that an earlier Stoker recorded. Before the boot.
  mutating func remember(_ memory: Memory, at moment: Moment) {
    values.takeOver(memory, at: moment.now)
    // Used attempts stay used; a service that is not wanted has used none.
    let attempts = memory.wish == false ? 0 : memory.attempts
    stand(memory, attempts: attempts, by: memory.wishedAt == nil && memory.wish == nil ? .boot : .earlier(memory.wishedBy), at: moment)
    values.attempts = attempts
    refresh([], at: moment)
  }

  private mutating func stand(_ memory: Memory, attempts: Int, by origin: Origin, at moment: Moment) {
    switch memory.leftAs {
    case .ended where memory.wish != false:
      setWish(true, by: origin, cause: .exited(.unknown), at: moment)
      values.attempts = attempts
      values.count(.unknown, isOurs: false, wasKilled: false, spec.restart, at: moment.now)
      runPostStop(.judge(.exit(.unknown)), cause: .exited(.unknown), at: moment)
    case .remains:
      let isWanted = memory.wish != false
      setWish(isWanted, by: origin, cause: .adopted, at: moment)
      endRemains(of: .unknown, isWanted ? .judge(.exit(.unknown)) : .rest, cause: .adopted, at: moment)
    case .running(let since, let isReady):
      adopt(since: since, isReady: isReady, by: origin, at: moment)
    case .completed:
      enter(.completed, cause: .remembered, at: moment)
      values.enteredAt = memory.leftAt ?? moment.now
      setHealth(.healthy, cause: .remembered, at: moment)
    // A requested stop that was cut short makes a failed service stopped (rule 12).
    case .gone, .ended,
      .failed where memory.wish == false:
      values.stayStopped(memory, by: origin)
    case .failed(let byLimit, let comesBack):
      setWish(true, by: origin, cause: .remembered, at: moment)
      enter(.failed(byLimit: byLimit, comesBack: comesBack), cause: .remembered, at: moment)
      values.enteredAt = memory.leftAt ?? moment.now
      setHealth(.unhealthy, cause: .remembered, at: moment)
    }
  }

  /// Adopts a live run. If it is not wanted any more, the boot stops it: the requested stop may have been cut short.
  private mutating func adopt(since: Instant, isReady: Bool, by origin: Origin, at moment: Moment) {
    setWish(true, by: origin, cause: .adopted, at: moment)
    values.runStarted = since
    if isReady || !spec.start.isNotified {
      enter(.running, cause: .adopted, at: moment)
      superviseRun(cause: .adopted, at: moment)
    } else {
      let deadline = moment.now + spec.start.timeout
      enter(.starting(ServiceState.Starting(since: since, phase: .readying, deadline: deadline)), cause: .adopted, at: moment)
    }
    values.enteredAt = since
  }
}
