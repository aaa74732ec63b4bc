// Inputs for machines, and the steps that they return.

extension Orchestrator {
  /// Gives an input to the machine of a service, and carries out its steps.
  mutating func feed(_ index: Int, at moment: Moment? = nil, _ input: (inout ServiceMachine, Moment) -> Void) {
    feed(services[index].machine, at: moment, input)
  }

  /// Gives an input to a machine, and carries out its steps.
  @discardableResult
  mutating func feed<Answer>(_ machine: MachineID, at moment: Moment? = nil, _ input: (inout ServiceMachine, Moment) -> Answer) -> Answer {
    let answer = input(&machines[machine.index], moment ?? self.moment)
    apply(machines[machine.index].takeSteps(), of: machine)
    return answer
  }

  /// Carries out the steps of a machine, in order.
  private mutating func apply(_ steps: [MachineStep], of machine: MachineID) {
    guard !steps.isEmpty else { return }
    let index = machines[machine.index].service.index
    touch(index)
    for step in steps {
      switch step {
      case .act(let action):
        lastCheck = max(lastCheck, action.check ?? 0)
        actions.append(action)
      case .record(let what, let cause): record(what, cause)
      case .arm(let timer, let due): timers.arm(TimerQueue.Kind(timer), machine.index, at: due)
      case .disarm(let timer): timers.disarm(TimerQueue.Kind(timer), machine.index)
      case .standing(let standing, let looks):
        let before = services[index].standing
        services[index].standing = standing
        if before.status != standing.status {
          losing.add(index)
          end.isDue = true
        }
        if before.occupies != standing.occupies { countOccupation(index, by: standing.occupies ? 1 : -1) }
        if before.holdsRequired != standing.holdsRequired { countHold(index, by: standing.holdsRequired ? 1 : -1) }
        // It is to stay after all: what it can do without need not wait for its end any more.
        if graph.hasGroups, before.isGoingDown, !standing.isGoingDown { markDescending(index) }
        follow(index)
        look(looks, around: index)
      case .look(let looks): look(looks, around: index)
      case .start(let start, let cause): self.start(index, start, cause: cause)
      case .drag: dragDependents(of: index)
      case .recover: if lost(to: index).isEmpty { feed(index) { $0.recover(at: $1) } }
      case .gaveUp: if !lost(to: index).isEmpty { feed(index) { $0.comeBack(at: $1) } }
      case .restart(let origin): restartChecked(index, origin)
      case .killed: fullStop?.killed.append(ServiceID(index))
      case .queueCheck(let check): forced.append(machine, check: check)
      case .requestedCheck(let isOver): if isOver { forced.ended() } else { forced.began() }
      case .impossible(let sentence): assertionFailure(sentence)
      case .readHeartbeat(let check, let isRequested):
        let isFresh = services[index].entry.isFresh(graph.services[index], runStarted: services[index].standing.runStarted, at: now)
        feed(machine) { $0.heartbeatRead(check, isFresh: isFresh, isRequested: isRequested, at: $1) }
      }
    }
  }

  /// Records one change.
  mutating func record(_ what: Change.What, _ cause: Cause) {
    lastSequence += 1
    actions.append(.changed(Change(sequence: lastSequence, at: now, what: what, cause: cause)))
  }

  /// Begins requested checks, as far as there is room. Never among the steps of a machine: a check that the registry
  /// answers can bring a service and its dependents down at once.
  private mutating func beginQueuedChecks() {
    while let (machine, check) = forced.next() { feed(machine) { machine, _ in machine.beginQueued(check) } }
  }

  /// Handles every timer that is due, in order.
  mutating func wake(at moment: Moment) {
    while let due = timers.takeDue(at: now) {
      let machine = MachineID(index: due.subject)
      switch due.kind {
      case .life: feed(machine, at: moment) { $0.lifeDue(at: $1) }
      case .check:
        let check = lastCheck + 1
        feed(machine, at: moment) { $0.checkDue(check, at: $1) }
      case .watchdog: feed(machine, at: moment) { $0.watchdogDue(at: $1) }
      case .lifetime: feed(machine, at: moment) { $0.lifetimeDue(at: $1) }
      case .reset: feed(machine, at: moment) { machine, _ in machine.resetDue() }
      case .reload: feed(machine, at: moment) { $0.reloadDue(at: $1) }
      case .expiry: expiryDue(due.subject)
      case .registration: registrationDue(due.subject)
      }
      advanceMarked()
    }
  }

  // MARK: Looks

  /// Updates sums and registry after a change of a service's standing.
  mutating func follow(_ index: Int) {
    touch(index)
    let share = Sums.Share(of: services[index].standing, graph.services[index])
    if share != services[index].counted {
      sums.replace(services[index].counted, with: share)
      services[index].counted = share
    }
    let ended = EndWatch.Share(of: services[index].standing, graph.services[index])
    end.replace(services[index].ended, with: ended)
    services[index].ended = ended
    followEntry(index)
  }

  private mutating func look(_ looks: Looks, around index: Int) {
    if looks.contains(.dependencies) { markDescending(index) }
    if looks.contains(.itself) { mark(index) }
    if looks.contains(.dependents) { markDependents(of: index) }
  }

  mutating func mark(_ index: Int) {
    touch(index)
    marked.add(index)
  }

  mutating func markDependents(of index: Int) {
    for dependent in graph.dependents[index] {
      if services[dependent.index].isConcernedByNeighbours { mark(dependent.index) }
      losing.add(dependent.index)
    }
  }

  /// Marks the dependencies that wait for the end of this service before they go down.
  private mutating func markDescending(_ index: Int) {
    for other in graph.foundations[index] where services[other.index].standing.isStopDue { mark(other.index) }
  }

  mutating func touch(_ index: Int) { touched.add(index) }

  /// Looks at marked services until none is left; each look may mark others.
  mutating func advanceMarked() {
    beginQueuedChecks()
    while let index = marked.next() {
      if services[index].standing.status == .waiting { reconsider(index) }
      if services[index].standing.isStopDue { descend(index) }
      settle(index)
      reportRetired(index)
      beginQueuedChecks()
    }
  }

  /// Updates composite health, readiness and the end of the full stop, once for each call.
  mutating func sumUp() {
    // In a full stop no service is wanted any more: the health of those that have completed says nothing about the node. Before the boot the
    // states that an earlier Stoker left come one by one.
    let composite: Health = fullStop != nil ? .unknown : settling.isBooted ? sums.composite : node.health
    if composite != node.health {
      if fullStop == nil { record(.composite(from: node.health, to: composite), .sum) }
      node.health = composite
    }
    let isReady = settling.isBooted && sums.missing == 0 && fullStop == nil
    if isReady != node.isReady {
      record(.ready(isReady), .sum)
      node.isReady = isReady
    }
    endSettling()
    endFullStop()
  }
}

extension Action {
  /// The number of its check.
  fileprivate var check: UInt64? {
    switch self {
    case .startCheck(_, let check, _), .cancelCheck(_, let check), .recordCheck(_, let check, _, _), .abandonCheck(_, let check): check
    case .spawn, .runHook, .cancelHook, .signal, .sendSignal, .kill, .changed, .retired, .stopped: nil
    }
  }
}

extension TimerQueue.Kind {
  /// The kind of a machine's timer among all timers.
  init(_ timer: MachineStep.Timer) {
    switch timer {
    case .life: self = .life
    case .check: self = .check
    case .watchdog: self = .watchdog
    case .lifetime: self = .lifetime
    case .reset: self = .reset
    case .reload: self = .reload
    }
  }
}
