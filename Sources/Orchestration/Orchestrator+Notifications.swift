// What processes say of themselves: readiness, the watchdog, more time.

extension Orchestrator {
  /// A process speaks. What it says of a run that is over is late.
  mutating func notified(_ index: Int, run: UInt64, _ notification: Notification) {
    guard run == services[index].values.run else { return }
    switch (notification, services[index].state) {
    case (.ready, .starting(var starting)) where starting.phase == .spawning:
      starting.isReady = true
      services[index].state = .starting(starting)
    case (.ready, .starting(let starting)) where starting.phase == .readying:
      started(index, since: starting.since, cause: .ready)
    case (.alive, .running):
      armWatchdog(index)
    case (.stuck, .running):
      watchdogDue(index)
    case (.extendTimeout(let time), .starting(var starting)) where starting.phase == .readying:
      starting.deadline = max(starting.deadline, now + time)
      enter(index, .starting(starting), cause: services[index].values.cause)
    // Not in a full stop, whose length is known beforehand (rules 24, 25).
    case (.extendTimeout(let time), .stopping(var stopping)) where fullStop == nil:
      switch stopping.phase {
      case .asked(let killAt): stopping.phase = .asked(killAt: max(killAt, now + time))
      case .prepared(let hook, let killAt): stopping.phase = .prepared(hook, killAt: max(killAt, now + time))
      case .killed, .leftOver, .cleaned: return
      }
      enter(index, .stopping(stopping), cause: services[index].values.cause)
    case (.ready, _), (.alive, _), (.stuck, _), (.extendTimeout, _):
      break
    }
  }

  /// The start is done.
  mutating func started(_ index: Int, since: Instant, cause: Cause) {
    services[index].values.lastStartDuration = now - since
    enter(index, .running, cause: cause)
    settleIn(index, cause: cause)
    if services[index].values.isDesiredUp, graph.services[index].hooks.contains(.postStart) { runHook(index, .postStart) }
  }

  /// What begins when a run is there: its watchdog, its checks, or without them its health.
  mutating func settleIn(_ index: Int, cause: Cause) {
    armWatchdog(index)
    let isWanted = services[index].values.isDesiredUp
    if graph.services[index].check == nil {
      setHealth(index, isWanted ? .healthy : .unknown, cause: cause)
    } else if isWanted {
      startChecks(index)
    } else {
      // Should it be wanted again before it goes down, its failures still count from the end of its start-up only (rule 1).
      allowStartUp(index)
    }
  }

  /// Another sign of life is due in a watchdog's time.
  mutating func armWatchdog(_ index: Int) {
    if let time = graph.services[index].watchdog { timers.arm(.watchdog, index, at: now + time) }
  }

  /// No sign of life came in time: the run is ended, and the restart policy decides. Hooks are left out: who is stuck does not hear them.
  mutating func watchdogDue(_ index: Int) {
    guard case .running = services[index].state, services[index].descent == nil else { return }
    beginStop(index, .judge(.watchdog), cause: .watchdog, asksHooks: false)
    dragDependents(of: index)
  }
}
