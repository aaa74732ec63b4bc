// The one way from state to state, and what has to stay true with it.

extension Orchestrator {
  /// Every change of state goes through here.
  mutating func enter(_ index: Int, _ next: ServiceState, cause: Cause) {
    let old = services[index].state
    services[index].state = next
    setLifeTimer(index)
    if old.status != next.status {
      services[index].values.timeInState[old.status] &+= UInt64(now.nanoseconds - services[index].values.since.nanoseconds)
      services[index].values.status = next.status
      services[index].values.since = now
      services[index].values.cause = cause
      record(.status(ServiceID(index), from: old.status, to: next.status, run: services[index].values.run), cause)
    }
    describe(index)
    if old.occupies != next.occupies { countOccupation(index, by: next.occupies ? 1 : -1) }
    if old.status == .stopping || old.occupies != next.occupies { markDescending(index) }
    refresh(index)
    mark(index)
    markDependents(of: index)
  }

  /// One record for one change.
  mutating func record(_ what: Change.What, _ cause: Cause) {
    lastSequence += 1
    actions.append(.changed(Change(sequence: lastSequence, at: now, what: what, cause: cause)))
  }

  /// Every change of health goes through here.
  mutating func setHealth(_ index: Int, _ health: Health, cause: Cause) {
    let old = services[index].values.health
    guard old != health else { return }
    services[index].values.health = health
    record(.health(ServiceID(index), from: old, to: health), cause)
    refresh(index)
    markDependents(of: index)
  }

  /// Every change of the wish goes through here; what follows from it is the caller's. Who is not wanted has no health (rule 4).
  mutating func setDesired(_ index: Int, _ isUp: Bool, by origin: Origin, cause: Cause) {
    if isUp, !services[index].values.isDesiredUp { services[index].wantedSince = now }
    services[index].values.isDesiredUp = isUp
    services[index].values.desiredBy = origin
    services[index].values.attempts = 0
    services[index].values.isLimitReached = false
    if !isUp {
      stopChecks(index)
      setHealth(index, .unknown, cause: cause)
    }
    refresh(index)
    markDependents(of: index)
  }

  mutating func mark(_ index: Int) {
    touch(index)
    guard !services[index].isMarked else { return }
    services[index].isMarked = true
    marked.append(index)
  }

  mutating func markDependents(of index: Int) {
    for dependent in graph.dependents[index] where services[dependent.index].needsLook { mark(dependent.index) }
  }

  /// Dependencies that wait for this one's end before they go down.
  mutating func markDescending(_ index: Int) {
    for edge in graph.services[index].dependencies where services[edge.service.index].descent != nil { mark(edge.service.index) }
  }

  mutating func touch(_ index: Int) {
    guard !services[index].isTouched else { return }
    services[index].isTouched = true
    touched.append(index)
  }

  /// Looks at what is marked until nothing is; each look may mark others.
  mutating func advanceMarked() {
    var next = 0
    while next < marked.count {
      let index = marked[next]
      next += 1
      services[index].isMarked = false
      if case .waiting = services[index].state { reconsider(index) }
      if services[index].descent != nil { descend(index) }
      settle(index)
      tellRetired(index)
    }
    marked.removeAll(keepingCapacity: true)
  }

  /// Keeps the counters of its dependencies.
  mutating func countOccupation(_ index: Int, by step: Int) {
    sums.occupied += step
    for edge in graph.services[index].dependencies {
      let dependency = edge.service.index
      services[dependency].occupied.all += step
      if !edge.isOptional { services[dependency].occupied.requiring += step }
    }
    countOccupiedLayer(index, by: step)
  }

  private mutating func setLifeTimer(_ index: Int) {
    let due: Instant? =
      switch services[index].state {
      case .waiting(let waiting): waiting.optionalUntil
      case .backoff(let until, _, _): until
      case .stopping(let stopping):
        switch stopping.phase {
        case .asked(let killAt), .prepared(_, let killAt): killAt
        case .killed(let graceEnds): graceEnds
        case .leftOver: nil
        case .cleaned(let until, _): until
        }
      case .starting(let starting):
        switch starting.phase {
        case .preparing, .readying: starting.deadline
        case .spawning, .watching: nil
        }
      case .stopped, .running, .completed, .failed: nil
      }
    if let due { timers.arm(.life, index, at: due) } else { timers.disarm(.life, index) }
    if case .running = services[index].state { return }
    timers.disarm(.watchdog, index)
  }

  /// What the view says of the state's payload.
  private mutating func describe(_ index: Int) {
    services[index].values.nextAttempt = nil
    services[index].values.backoff = nil
    services[index].values.isLeftOver = false
    services[index].values.isReadying = false
    if services[index].values.status == .waiting {
      if services[index].values.waitingSince == nil { services[index].values.waitingSince = now }
    } else {
      services[index].values.waitingSince = nil
      services[index].values.blockers = []
    }
    switch services[index].state {
    case .backoff(let until, let delay, _):
      services[index].values.nextAttempt = until
      services[index].values.backoff = delay
    case .stopping(let stopping):
      services[index].values.isLeftOver = stopping.phase == .leftOver
    case .starting(let starting):
      services[index].values.isReadying = starting.phase == .readying
    case .stopped, .waiting, .running, .completed, .failed:
      break
    }
  }
}

extension Service {
  /// A change of a neighbour may concern it.
  fileprivate var needsLook: Bool {
    if case .waiting = state { return true }
    return descent != nil
  }
}
