// The update of the books: one input, then each action in order.

import Orchestration

extension Book {
  /// Notes an input.
  mutating func note(_ step: Step) {
    now = step.at
    checkAnswered = nil
    entered = []
    switch step.input {
    case .event(let event): note(event, step.actions)
    case .command(let command, .accepted(let alsoStarted, let alsoStopped)): note(command, alsoStarted, alsoStopped)
    case .command(.restart(let id, _), .checking): noteRequest(.restart, of: id.index)
    case .checkNow(_, .pending(let check)): awaited.insert(check)
    case .reload(let reload): note(reload)
    case .command, .checkNow, .registry: break
    }
  }

  private mutating func note(_ event: Event, _ actions: [Action]) {
    switch event {
    case .exited(let id, let run, let exit, let isEmpty, let others, _):
      guard pages[id.index].run == run else { return }
      pages[id.index].lastExit = exit
      pages[id.index].left = pages[id.index].status == .stopping ? 0 : others
      if isEmpty { end(id.index) } else { pages[id.index].isMainGone = true }
    case .emptied(let id, let run):
      if pages[id.index].run == run { end(id.index) }
    case .spawnFailed(let id, let run, let isHopeless):
      guard pages[id.index].run == run else { return }
      pages[id.index].isUnspawnable = isHopeless
      end(id.index)
    case .checkFinished(let id, let check, _):
      guard pages[id.index].inFlight == check else { return }
      checkAnswered = check
      pages[id.index].inFlight = nil
    case .hookFinished(let id, let run, let hook, let passed):
      if hook == .reloadCheck, passed, pages[id.index].hook == HookOfRun(hook, run), pages[id.index].reloads.first == .restart {
        // The restart is carried out now; a reload that was to follow is over.
        pages[id.index].reloads = pages[id.index].reloads.filter { $0 == .reload }
        if !actions.contains(where: { $0.isRefusedRestart(of: id) }) { noteRestart(id, force: false) }
      }
      if pages[id.index].hook == HookOfRun(hook, run) { pages[id.index].hook = nil }
      if pages[id.index].endingHook == HookOfRun(hook, run) { pages[id.index].endingHook = nil }
    case .spawned(let id, let run):
      if pages[id.index].run == run { pages[id.index].spawnedAt = now }
      if pages[id.index].run == run, specs[id.index].start.isNotified { pages[id.index].isReadying = pages[id.index].status == .starting }
    case .notified, .wake:
      break
    }
  }

  /// Notes a request that joins another of its kind, or follows one of the other.
  private mutating func noteRequest(_ purpose: ReloadPurpose, of index: Int) {
    if !pages[index].reloads.contains(purpose) { pages[index].reloads.append(purpose) }
  }

  private mutating func noteRestart(_ id: ServiceID, force: Bool) {
    let status = pages[id.index].status
    let joins = pages[id.index].isWanted && (status == .starting || pages[id.index].view.isStopDue)
    if !joins, status == .running || status == .starting {
      pages[id.index].isRestartDue = true
      pages[id.index].lastCommand = .restart
    }
    pages[id.index].isWanted = true
    pages[id.index].attempts = 0
    pages[id.index].isAttemptDue = false
    if !joins { pages[id.index].isForced = force }
  }

  private mutating func end(_ index: Int) {
    pages[index].run = nil
    pages[index].isLeftOver = false
    pages[index].isMainGone = false
    pages[index].wasKilled = false
    pages[index].hasAskedRest = false
  }

  mutating func note(_ command: Command, _ alsoStarted: [ServiceID], _ alsoStopped: [ServiceID]) {
    switch command {
    case .boot:
      guard !isBooted else { return }
      isBooted = true
      startedAt = now
      for index in specs.indices where specs[index].isEnabled && !pages[index].isWanted { pages[index].isWanted = true }
    case .start(let id, _):
      for other in alsoStarted { wantUp(other.index) }
      wantUp(id.index)
    case .restart(let id, let force):
      for other in alsoStarted { wantUp(other.index) }
      noteRestart(id, force: force)
    case .reload(let id): noteRequest(.reload, of: id.index)
    case .signal: break
    case .stop(let id, let mode):
      guard shutdownAt == nil else { return }
      for other in alsoStopped { wantDown(other.index, .stop) }
      guard pages[id.index].status != .stopped else { return }
      wantDown(id.index, mode == .force ? .forcedStop : .stop)
    case .startAll:
      for other in alsoStarted { wantUp(other.index) }
    case .stopAll:
      for other in alsoStopped { wantDown(other.index, .stop) }
    case .restartAll:
      for other in alsoStarted {
        pages[other.index].isRestartDue = true
        pages[other.index].lastCommand = .restart
        pages[other.index].attempts = 0
        pages[other.index].isAttemptDue = false
        pages[other.index].isForced = false
      }
    case .shutdown, .killAll:
      if command == .killAll { killAllAt = killAllAt ?? now }
      guard shutdownAt == nil else { return }
      shutdownAt = now
      for index in specs.indices where pages[index].isWanted { wantDown(index, .stop) }
    }
  }

  mutating func wantUp(_ index: Int) {
    let status = pages[index].status
    guard !pages[index].isWanted || (status != .running && status != .starting) else { return }
    pages[index].isWanted = true
    pages[index].attempts = 0
    pages[index].isAttemptDue = false
    pages[index].lastCommand = .start
    pages[index].isRestartDue = false
  }

  mutating func wantDown(_ index: Int, _ command: LastCommand) {
    pages[index].isWanted = false
    pages[index].attempts = 0
    pages[index].isAttemptDue = false
    pages[index].lastCommand = command
    pages[index].isRestartDue = false
    pages[index].isForced = false
  }

  /// Notes an action.
  mutating func note(_ action: Action) {
    switch action {
    case .spawn(let id, let run):
      pages[id.index].run = run
      pages[id.index].highestRun = run
    case .kill(let id, _):
      // A kill may be repeated when a late spawn succeeds; the first one counts.
      if shutdownAt != nil, !pages[id.index].wasKilled { killed.append(id) }
      pages[id.index].wasKilled = true
    case .startCheck(let id, let check, _):
      pages[id.index].inFlight = check
      highestCheck = max(highestCheck, check)
    case .cancelCheck(let id, _):
      pages[id.index].inFlight = nil
    case .recordCheck(let id, let check, let passed, _):
      awaited.remove(check)
      highestCheck = max(highestCheck, check)
      note(id.index, passed: passed)
    case .abandonCheck(_, let check):
      awaited.remove(check)
    case .changed(let change):
      note(change)
    case .stopped:
      isOver = true
    case .runHook(let id, let run, let hook):
      pages[id.index].hook = HookOfRun(hook, run)
      if hook == .preStart { pages[id.index].highestRun = run }
    case .cancelHook(let id, let run, let hook):
      // It is killed. The core waits for its end only if a spawn was to follow.
      if hook != .preStart { pages[id.index].hook = nil }
      pages[id.index].endingHook = HookOfRun(hook, run)
    case .retired(let id):
      pages[id.index].hasRetired = true
    case .signal(let id, _, _, let scope):
      if scope == .group { pages[id.index].hasAskedRest = true }
    case .sendSignal:
      break
    }
  }

  private mutating func beginRun(_ index: Int) {
    pages[index].isUnspawnable = false
    pages[index].hasSucceeded = false
    pages[index].hasResult = false
    pages[index].isAfresh = false
    pages[index].failures = 0
    pages[index].successes = 0
  }

  /// A failure counts once the run has succeeded; before that only after the start period, and once for each interval.
  func counts(_ index: Int, passed: Bool) -> Bool {
    passed || (pages[index].hasSucceeded && !pages[index].isAfresh) || now >= pages[index].countFrom
  }

  /// The health by the thresholds, from the observed results.
  func verdict(_ index: Int, passed: Bool) -> Health {
    guard let policy = specs[index].check, counts(index, passed: passed) else { return pages[index].health }
    let wasUnhealthy = pages[index].health == .unhealthy
    if passed { return wasUnhealthy && pages[index].successes + 1 < policy.recoveryThreshold ? .unhealthy : .healthy }
    return wasUnhealthy || pages[index].failures + 1 >= policy.failureThreshold ? .unhealthy : .degraded
  }

  private mutating func note(_ index: Int, passed: Bool) {
    guard let policy = specs[index].check else { return }
    pages[index].hasResult = true
    pages[index].verdict = verdict(index, passed: passed)
    guard counts(index, passed: passed) else { return }
    if passed {
      pages[index].successes += 1
      pages[index].failures = 0
      pages[index].hasSucceeded = true
      pages[index].isAfresh = false
    } else {
      pages[index].failures += 1
      pages[index].successes = 0
      pages[index].countFrom = now + policy.interval
    }
  }

  private mutating func note(_ change: Change) {
    sequence = change.sequence
    switch change.what {
    case .status(let id, _, let to, _):
      note(id.index, to, change.cause)
    case .health(let id, _, let to):
      pages[id.index].health = to
      pages[id.index].healthSince = now
      pages[id.index].verdict = nil
    case .restarted(let id, _, let reason, _):
      pages[id.index].restarts[reason] += 1
      if pages[id.index].comesBack, reason == .dependency { pages[id.index].attempts = 0 }
    case .gaveUp(let id, _):
      pages[id.index].hasGivenUp = true
      pages[id.index].comesBack = !lost(id.index).isEmpty
    case .leftOver(let id, _):
      pages[id.index].isLeftOver = true
    case .serviceReloaded(let id, _, let purpose, _):
      if let place = pages[id.index].reloads.firstIndex(of: purpose) { pages[id.index].reloads.remove(at: place) }
    case .signalled: break
    case .registry(let name, let what):
      switch what {
      case .registered, .revived: registered[name] = true
      case .expired: registered[name] = false
      case .deregistered, .dropped: registered[name] = nil
      case .updated: break
      }
    case .composite(_, let to): node.health = to
    case .initialized: node.isInitialized = true
    case .ready(let isReady): node.isReady = isReady
    }
  }

  private mutating func note(_ index: Int, _ status: Status, _ cause: Cause) {
    pages[index].status = status
    pages[index].since = now
    entered.insert(index)
    pages[index].hasGivenUp = false
    if pages[index].comesBack, status == .waiting { pages[index].attempts = 0 }
    pages[index].comesBack = false
    if status == .starting {
      pages[index].isForcedRun = pages[index].isForced
      pages[index].isForced = false
    }
    pages[index].optionalSince = nil
    pages[index].isRestartDue = false
    let isExternal = specs[index].kind == .external
    if status != .starting { pages[index].isReadying = false }
    switch status {
    case .starting where !isExternal:
      if pages[index].isAttemptDue { pages[index].attempts += 1 }
      pages[index].isAttemptDue = false
      beginRun(index)
    case .backoff:
      pages[index].isAttemptDue = true
    case .completed:
      pages[index].isWanted = false
      pages[index].attempts = 0
    case .starting where isExternal:
      beginRun(index)
      fallthrough
    case .running where !isExternal:
      if let check = specs[index].check { pages[index].countFrom = now + check.startPeriod + check.interval }
    case .stopping, .stopped:
      noteDragged(index, cause)
    case .waiting, .starting, .running, .failed:
      break
    }
  }

  /// Notes that the end of a dependency may withdraw a wish (rule 21).
  private mutating func noteDragged(_ index: Int, _ cause: Cause) {
    guard case .dependency(let id) = cause else { return }
    if specs[index].dependencies.contains(where: { $0.service == id && $0.onRestart == .stop }) { wantDown(index, .stop) }
  }
}

extension Action {
  /// Whether a restart is refused after its check.
  fileprivate func isRefusedRestart(of service: ServiceID) -> Bool {
    guard case .changed(let change) = self, case .serviceReloaded(service, _, .restart, .refused) = change.what else { return false }
    return true
  }
}
