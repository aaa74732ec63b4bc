// Invariants 5 to 8 of the design: checks, records, reasons, the end.

import Orchestration

extension Book {
  /// 5. Never two probes of one service at once; a result of an older run or of a cancelled probe changes nothing.
  func checksOneAtATime(_ action: Action, _ step: Step) throws(Violation) {
    switch action {
    case .startCheck(let id, let check, let run):
      let page = pages[id.index]
      if let other = page.inFlight {
        throw Violation(invariant: 5, sentence: "check \(check) of \(name(id.index)) begins while check \(other) is under way")
      }
      let isExternal = specs[id.index].kind == .external
      guard page.isWanted, page.status == .running || (isExternal && page.status == .starting), run == (isExternal ? 0 : page.run) else {
        throw Violation(invariant: 5, sentence: "\(name(id.index)) is checked though it is \(page.status)")
      }
    case .cancelCheck(let id, let check) where pages[id.index].inFlight != check:
      throw Violation(invariant: 5, sentence: "check \(check) of \(name(id.index)) is cancelled and is not under way")
    case .recordCheck(let id, let check, _, _):
      let isBeat = specs[id.index].check?.source == .heartbeat
      guard isBeat ? pages[id.index].status == .running || specs[id.index].kind == .external : checkAnswered == check else {
        throw Violation(invariant: 5, sentence: "a result of check \(check) of \(name(id.index)) counts that nobody waits for")
      }
    case .abandonCheck(let id, let check) where !awaited.contains(check):
      throw Violation(invariant: 5, sentence: "check \(check) of \(name(id.index)) is abandoned and nobody asked for it")
    default:
      break
    }
  }

  /// 5. Status follows the thresholds exactly.
  func followsThresholds(_ action: Action) throws(Violation) {
    switch action {
    case .recordCheck(let id, _, let passed, let health):
      let expected = verdict(id.index, passed: passed)
      if health != expected {
        throw Violation(invariant: 5, sentence: "\(name(id.index)) is \(health) after a check, by its thresholds it is \(expected)")
      }
    case .changed(let change):
      guard case .health(let id, _, let to) = change.what, case .check = change.cause, pages[id.index].verdict != to else { return }
      throw Violation(invariant: 5, sentence: "\(name(id.index)) becomes \(to) by a check that does not say so")
    default:
      break
    }
  }

  /// 5. Health fits the state, independently of checks (rules 3 and 4).
  func healthFitsTheState(_ index: Int) throws(Violation) {
    let page = pages[index]
    let isRight: Bool
    switch page.status {
    case .completed: isRight = page.health == .healthy
    case .backoff, .failed: isRight = page.health == .unhealthy
    case .stopped: isRight = page.health == .unknown
    case .running where specs[index].check == nil:
      isRight = page.health == (page.isWanted ? (page.isRestartDue ? .unknown : .healthy) : .unknown)
    case .waiting, .starting, .running, .stopping: isRight = page.isWanted || page.health == .unknown
    }
    if !isRight { throw Violation(invariant: 5, sentence: "\(name(index)) is \(page.status) and \(page.health)") }
    if let verdict = page.verdict, verdict != page.health {
      throw Violation(invariant: 5, sentence: "\(name(index)) should have become \(verdict) by its last check")
    }
  }

  /// 6. Every change yields exactly one change record, in order.
  func recordsInOrder(_ action: Action) throws(Violation) {
    guard case .changed(let change) = action else { return }
    guard change.sequence == sequence + 1, change.at == now else {
      throw Violation(invariant: 6, sentence: "record \(change.sequence) follows record \(sequence)")
    }
    let isTrue: Bool
    switch change.what {
    case .status(let id, let from, let to, let run):
      isTrue = pages[id.index].status == from && from != to && run >= pages[id.index].highestRun && leavesTruly(id.index, change.cause)
    case .health(let id, let from, let to): isTrue = pages[id.index].health == from && from != to
    case .composite(let from, let to): isTrue = node.health == from && from != to && shutdownAt == nil
    case .ready(let isReady): isTrue = node.isReady != isReady
    case .initialized: isTrue = !node.isInitialized
    case .leftOver(let id, let run): isTrue = pages[id.index].run == run && !pages[id.index].isLeftOver
    case .restarted(let id, let run, let reason, let attempt):
      isTrue = run > pages[id.index].highestRun && answers(id.index, reason, attempt: attempt, change.cause)
    case .serviceReloaded(let id, _, let purpose, let end):
      if case .refused = end { isTrue = purpose == .restart } else { isTrue = pages[id.index].reloads.contains(purpose) }
    case .signalled(let id, let run, _, _): isTrue = pages[id.index].run == run
    case .gaveUp, .registry: isTrue = true
    }
    if !isTrue { throw Violation(invariant: 6, sentence: "the record \(change) does not fit what was before") }
  }

  /// Whether a cause names as many processes as the main process left running when it ended by itself.
  private func leavesTruly(_ index: Int, _ cause: Cause) -> Bool {
    guard case .exited(let exit, leaving: .some(let remains)) = cause else { return true }
    let isBackground = specs[index].kind == .process && exit == .code(0)
    return exit == pages[index].lastExit && remains == Remains(count: pages[index].left, isBackground: isBackground)
  }

  /// Whether a restart names its reason (the last observed end, or a request) and the attempt that it uses.
  private func answers(_ index: Int, _ reason: RestartReason, attempt: Int, _ cause: Cause) -> Bool {
    let page = pages[index]
    switch (reason, cause) {
    case (.manual, .requested), (.manual, .requestedFor), (.manual, .reloaded), (.reload, .reloaded):
      return attempt == page.attempts
    // The dependency may have been removed since, with its name.
    case (.dependency, .dependency), (.dependency, .sum):
      return attempt == (page.comesBack ? 0 : page.attempts)
    case (.exit, .exited(let exit, _)), (.signal, .exited(let exit, _)), (.oom, .exited(let exit, _)):
      return exit == page.lastExit && attempt == page.attempts + 1
    case (.unhealthy, .unhealthy), (.watchdog, .watchdog), (.runtimeMax, .runtimeMax), (.startFailed, .startFailed),
      (.startTimeout, .startTimedOut):
      return attempt == page.attempts + 1
    case (_, _):
      return false
    }
  }

  /// 6. Entries of the registry are added, expire, are revived and removed in that order; a service that is not wanted
  /// does not expire.
  func registryTakesTurns(_ action: Action) throws(Violation) {
    guard case .changed(let change) = action, case .registry(let name, let what) = change.what else { return }
    let service = specs.firstIndex { $0.name == name }
    let state = service == nil ? registered[name] : registered[name] ?? true
    let isRight: Bool
    switch what {
    case .registered: isRight = state == nil
    case .updated, .deregistered: isRight = state != nil && service == nil
    case .expired: isRight = state == true && (service.map { pages[$0].isWanted } ?? true)
    case .revived: isRight = state == false
    case .dropped: isRight = state == false && service == nil
    }
    if !isRight { throw Violation(invariant: 6, sentence: "the registry says that \(name) was \(what.rawValue)") }
  }

  /// 6. Counters only rise.
  mutating func takeViews(_ step: Step) throws(Violation) {
    for view in step.touched {
      let old = pages[view.id.index].view
      let new = view.values
      let rises =
        new.restarts.total >= old.restarts.total && new.exits.total >= old.exits.total && new.checks >= old.checks
        && new.checkFailures >= old.checkFailures && new.stopKills >= old.stopKills && new.run >= old.run
        && new.startFailures.total >= old.startFailures.total
        && Status.allCases.allSatisfy { new.timeInState[$0] >= old.timeInState[$0] }
      pages[view.id.index].view = new
      if !rises { throw Violation(invariant: 6, sentence: "a counter of \(name(view.id.index)) fell") }
    }
  }

  /// 6. The view matches the records; time in state adds up to the time since the service is known.
  mutating func viewsAgree(_ index: Int) throws(Violation) {
    let view = pages[index].view
    // `on_restart: stop` may withdraw the wish some time before the stop begins, without a record.
    let isBound = specs[index].dependencies.contains { $0.onRestart == .stop }
    if isBound, pages[index].isWanted, !view.isDesiredUp, view.status == .running || view.status == .starting {
      wantDown(index, .stop)
    }
    let page = pages[index]
    guard view.status == page.status, view.health == page.health, view.since == page.since else {
      throw Violation(
        invariant: 6, sentence: "\(name(index)) is \(view.status), \(view.health), by its records \(page.status), \(page.health)")
    }
    guard RestartReason.allCases.allSatisfy({ view.restarts[$0] == page.restarts[$0] }) else {
      throw Violation(invariant: 6, sentence: "the restarts that \(name(index)) counts are not those that were told")
    }
    guard view.isDesiredUp == page.isWanted else {
      throw Violation(invariant: 3, sentence: "\(name(index)) is wanted \(view.isDesiredUp), the last command says \(page.isWanted)")
    }
    if view.timeInState.total + UInt64(now.nanoseconds - view.since.nanoseconds) != UInt64(now.nanoseconds - page.bornAt.nanoseconds) {
      throw Violation(invariant: 6, sentence: "time in state of \(name(index)) does not add up")
    }
    if view.isAlive, specs[index].kind != .external, page.run == nil || page.isMainGone {
      throw Violation(invariant: 6, sentence: "\(name(index)) is said to be alive")
    }
    guard view.isLeftOver == page.isLeftOver else {
      throw Violation(invariant: 6, sentence: "\(name(index)) is said to be left over: \(view.isLeftOver)")
    }
  }

  /// 7. Every service that waits names a cause that is true.
  mutating func waitsForAReason(_ index: Int) throws(Violation) {
    let page = pages[index]
    guard page.status == .waiting else {
      if !page.view.blockers.isEmpty { throw Violation(invariant: 7, sentence: "\(name(index)) names blockers and does not wait") }
      return
    }
    guard !page.view.blockers.isEmpty else { throw Violation(invariant: 7, sentence: "\(name(index)) waits for nothing") }
    for blocker in page.view.blockers {
      let other = blocker.service.index
      let isTrue: Bool
      switch blocker.reason {
      case .required(let condition):
        isTrue = isHeldUp(by: other, condition)
      case .optional(let condition):
        isTrue = isHeldUp(by: other, condition) && pages[other].isWanted
        if let since = page.optionalSince, now > since + .seconds(30) {
          throw Violation(invariant: 7, sentence: "\(name(index)) waits for the optional \(specs[other].name) since more than 30 s")
        }
        if page.optionalSince == nil { pages[index].optionalSince = now }
      case .barrier:
        isTrue = layer(other) < specs[index].layer ?? 0 && !node.isInitialized
      }
      if !isTrue {
        throw Violation(invariant: 7, sentence: "\(name(index)) says that it waits for \(specs[other].name), \(blocker.reason)")
      }
    }
  }

  /// Whether the dependency does not meet the condition, or is about to go down.
  func isHeldUp(by other: Int, _ condition: Dependency.Condition) -> Bool {
    if !isMet(Dependency(ServiceID(other), condition: condition)) { return true }
    return (pages[other].status == .running || pages[other].isReadying) && (!pages[other].isWanted || pages[other].view.isStopDue)
  }

  /// 7. `initialized` becomes true in bounded time. 6. The node is the sum of its services, and unknown in a full stop.
  mutating func nodeIsTheSum(_ step: Step, _ before: Snapshot.Node) throws(Violation) {
    let counting = specs.indices.filter { pages[$0].isWanted || pages[$0].status == .completed }.map { pages[$0].health }
    let composite: Health =
      counting.contains(.unhealthy)
      ? .unhealthy : counting.contains(.degraded) ? .degraded : counting.isEmpty || counting.contains(.unknown) ? .unknown : .healthy
    guard shutdownAt == nil ? step.node.health == composite && node.health == composite : step.node.health == .unknown else {
      throw Violation(invariant: 6, sentence: "the composite is \(step.node.health), its parts are \(counting)")
    }
    let missing = specs.indices.first { index in
      guard specs[index].isCritical, specs[index].isEnabled || pages[index].isWanted else { return false }
      let isRunning = pages[index].status == .running && (specs[index].kind != .external || pages[index].health != .unhealthy)
      return !isRunning && pages[index].status != .completed
    }
    guard step.node.isReady == (isBooted && shutdownAt == nil && missing == nil), step.node.isReady == node.isReady else {
      throw Violation(invariant: 6, sentence: "the node is ready: \(step.node.isReady); missing: \(missing.map(name) ?? "nothing")")
    }
    guard step.node.isInitialized == node.isInitialized, step.node.isInitialized || !before.isInitialized else {
      throw Violation(invariant: 7, sentence: "initialized is \(step.node.isInitialized)")
    }
    let bound = Duration.seconds(60 + 60 * specs.count)
    if isBooted, !node.isInitialized, now - startedAt > bound {
      throw Violation(invariant: 7, sentence: "not initialized \(bound) after the boot")
    }
  }

  /// 8. After the faults, and with the limit not reached, all wanted services run, and all others have ended.
  func hasSettled() throws(Violation) {
    for index in specs.indices {
      let page = pages[index]
      let isRight: Bool
      if page.isWanted {
        switch page.status {
        case .running: isRight = !page.isRestartDue && !page.view.isStopDue
        case .failed: isRight = page.comesBack ? !page.lost.isEmpty : page.hasGivenUp || specs[index].restart.rule == .never
        case .waiting: isRight = page.view.blockers.contains { cannotBeMet($0) }
        case .stopped, .starting, .backoff, .stopping, .completed: isRight = false
        }
      } else {
        isRight = page.run == nil && (page.status == .stopped || page.status == .completed)
      }
      if page.isLeaving, !page.hasRetired { throw Violation(invariant: 8, sentence: "\(name(index)) was taken out and has not gone") }
      if !isRight { throw Violation(invariant: 8, sentence: "\(name(index)) is \(page.status), wanted: \(page.isWanted)") }
      if !page.reloads.isEmpty { throw Violation(invariant: 12, sentence: "a request to reload \(name(index)) never ended") }
    }
    if shutdownAt != nil, !isOver { throw Violation(invariant: 8, sentence: "the full stop never ended") }
    if isBooted, shutdownAt == nil, !node.isInitialized { throw Violation(invariant: 7, sentence: "never initialized") }
    let open = awaited.filter { check in !pages.contains { $0.inFlight == check } }
    if !open.isEmpty { throw Violation(invariant: 5, sentence: "checks \(open.sorted()) were promised and never came") }
  }

  /// Whether a wait for this may never end, and rightly so.
  private func cannotBeMet(_ blocker: Blocker) -> Bool {
    let page = pages[blocker.service.index]
    switch page.status {
    case .failed, .stopped, .completed: return true
    case .waiting: return page.view.blockers.contains { cannotBeMet($0) }
    case .running:
      return blocker.reason == .required(.completed) || blocker.reason == .required(.ended)
        || (page.health == .unhealthy && specs[blocker.service.index].kind == .external)
    case .starting, .backoff, .stopping: return false
    }
  }
}
