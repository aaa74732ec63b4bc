// The machine of a service: its states, and the effect of each input. No input or output, no clock, no randomness, no
// neighbour.
//
// STATES
//   stopped     no process, and not wanted.
//   waiting     wanted; a required dependency does not meet its condition, an optional one is on its way, or a layer is a
//               barrier.
//   starting    on its way: the pre-start hook runs, the spawn was requested, or the process lives and has not reported
//               yet that it is ready. External services stay here until their first check passes.
//   running     the start is done; the process lives. External: its check has passed once since it was switched on.
//   backoff     wanted; waits for the delay before the next automatic attempt.
//   stopping    a run is ending, on request or by itself, and processes or its post-stop hook remain. Its data names the
//               step that follows: rest, start or judgement.
//   completed   ended cleanly and is not wanted again.
//   failed      given up: attempts are used up, or the policy wants no restart. Never a process.
//
// INPUTS AND STEPS
//   Each input is one `mutating func` that leaves steps: actions for the outside world, records, timers, and questions
//   that only the orchestrator can answer, as they concern neighbours. The orchestrator takes the steps and carries them
//   out in order.
//   docs/states.md is the table of all states and inputs.
//
// WHAT ALWAYS HOLDS
//   Every spawn has a new run number; events of other runs are late and dropped. A check's result counts only while that
//   check is in flight. The status changes in one place (`enter`), which updates times, records, timers and neighbours.
//   The data of a state alone is changed through `amend`.
//   A stop that must wait for dependents is a `descent`: the run goes on, and so do its checks if it is still wanted. It
//   meets no condition any more, and goes down when the orchestrator reports that the last of these dependents has ended.

/// The state machine of one service, or of one of several that a service may own: state, run, streaks, attempts and timers.
struct ServiceMachine: Sendable, StepLeaving {
  /// The service that actions and records name.
  var service: ServiceID
  /// The service, as the file describes it.
  var spec: ServiceSpec
  /// State, run, streaks, attempts and counters; the view of the service is a copy of them.
  var values = ServiceView.Values()
  /// The checks of the current run.
  var checks: CheckMachine
  /// The reload of the current run.
  var reload: ReloadMachine
  /// The timers, except those of checks and reloads.
  var timers = MachineTimers()
  /// The steps of the current input.
  var steps: [MachineStep] = []

  /// A machine before its first input.
  init(_ spec: ServiceSpec, _ service: ServiceID, at now: Instant) {
    self.spec = spec
    self.service = service
    checks = CheckMachine(spec.check, of: service)
    reload = ReloadMachine(spec.reload, of: service)
    values.isExternal = spec.kind == .external
    values.since = now
    values.enteredAt = now
  }

  var state: ServiceState { values.state }

  // MARK: Changes

  /// Enters a state. The only place that changes its status.
  mutating func enter(_ next: ServiceState, cause: Cause, at moment: Moment) {
    let old = values.state
    values.enter(next, cause: cause, at: moment.now)
    steps += timers.follow(next)
    if old.status != next.status { record(.status(service, from: old.status, to: next.status, run: values.run), cause) }
    if next.status != .running { steps += reload.interrupt(cause, &values) }
    let concernsDependencies = old.status == .stopping || old.occupies != next.occupies
    refresh(concernsDependencies ? [.dependencies, .itself, .dependents] : [.itself, .dependents], at: moment)
  }

  /// Changes the data of the state, but not its status.
  mutating func amend(_ next: ServiceState) {
    assert(values.state.status == next.status, "\(spec.name) cannot be amended from \(values.state) to \(next)")
    let before = values.state.due
    values.state = next
    if next.due != before { steps += timers.follow(next) }
  }

  /// Sets the health. The only place that changes it.
  mutating func setHealth(_ health: Health, cause: Cause, at moment: Moment) {
    let old = values.health
    guard old != health else { return }
    values.health = health
    record(.health(service, from: old, to: health), cause)
    refresh(.dependents, at: moment)
  }

  /// Sets the wish, and leaves its consequences to the caller. The only place that changes it. A service that is not
  /// wanted has no health (rule 4).
  /// - Parameter origin: The origin of the wish; nil: it stays.
  mutating func setWish(_ isUp: Bool, by origin: Origin?, cause: Cause, at moment: Moment) {
    values.isDesiredUp = isUp
    values.wishCause = cause
    if let origin { values.desiredBy = origin }
    values.attempts = 0
    if !isUp {
      steps += checks.stop()
      setHealth(.unknown, cause: cause, at: moment)
    }
    refresh(.dependents, at: moment)
  }

  /// Updates the facts that follow from state, wish and health, and publishes the standing.
  mutating func refresh(_ looks: Looks, at moment: Moment) {
    if !values.isAlive { values.runStarted = nil }
    let phase = values.uptimePhase(isChecked: spec.check != nil)
    if phase != values.uptime.phase { values.uptime.begin(phase, at: moment.now) }
    // Attempts go back to 0 after `reset_after` of running and healthy (rule 10).
    let isStable = values.status == .running && values.health == .healthy && values.isDesiredUp && values.attempts > 0
    steps += timers.reset(isStable ? moment.now + spec.restart.resetAfter : nil)
    steps.append(.standing(Standing(values, hasResult: checks.hasResult), looks))
  }

  // MARK: Steps

  /// Reports a pair of state and input that our own code rules out.
  mutating func impossible(_ input: String) {
    steps.append(.impossible("\(spec.name) is \(state) and received \(input)"))
  }
}

/// The place of a machine among all machines. A service owns one; a service with two slots would own two.
struct MachineID: Hashable, Sendable {
  let index: Int
}
