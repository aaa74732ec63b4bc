// The hooks of a run: before and after its start, before and after its end.

extension ServiceMachine {
  /// A hook has ended. The answer of a dropped hook is late, and ignored.
  mutating func hookFinished(run: UInt64, _ hook: Hook, passed: Bool, at moment: Moment) {
    guard run == values.run else { return }
    switch values.hooks.ended(hook) {
    case .late: return
    case .begins(let next): act(.runHook(service, run: run, next))
    case .current: hookAnswered(hook, passed: passed, at: moment)
    case .cancelled(let next): hookAnswered(next, passed: false, at: moment)
    }
  }

  private mutating func hookAnswered(_ hook: Hook, passed: Bool, at moment: Moment) {
    switch state {
    case .starting(var starting) where starting.phase == .preparing && passed:
      starting.phase = .spawning
      spawn(starting, cause: values.cause, at: moment)
    case .starting(let starting) where starting.phase == .preparing:
      values.startFailures[.hook] += 1
      runPostStop(values.descent?.next ?? .judge(.startFailed(.hook)), cause: .startFailed(.hook), at: moment)
    case .running where hook == .postStart:
      // Only its view changed.
      steps.append(.look([]))
    case .stopping(let stopping):
      switch stopping.phase {
      case .preparing(.preStart, _): runPostStop(stopping.next, cause: stopping.endCause ?? values.cause, at: moment)
      case .preparing(.preStop, let killAt) where stopping.exit == nil && spec.hooks.contains(.stop):
        prepareStop(stopping, .stop, killAt: killAt, at: moment)
      case .preparing(_, let killAt): ask(stopping, killAt: killAt, at: moment)
      case .cleaning(_, let cause): runEnded(stopping.next, cause: cause, at: moment)
      case .asked, .killed, .leftOver: impossible("hookFinished")
      }
    case .stopped, .waiting, .starting, .running, .backoff, .completed, .failed:
      impossible("hookFinished")
    }
  }

  /// Begins a hook, when the one before has ended.
  mutating func runHook(_ hook: Hook) { carryOut(values.hooks.run(hook)) }

  /// Kills the hook, and still waits for its answer.
  mutating func cancelHook() { carryOut(values.hooks.cancel()) }

  /// Kills the hook, if one runs, and ignores its answer.
  mutating func dropHook() { carryOut(values.hooks.drop()) }

  private mutating func carryOut(_ steps: [RunHooks.Step]) {
    for step in steps {
      switch step {
      case .begin(let hook): act(.runHook(service, run: values.run, hook))
      case .cancel(let hook): act(.cancelHook(service, run: values.run, hook))
      }
    }
  }

  /// Runs a hook that asks the process to end, before the signal.
  mutating func prepareStop(_ stopping: ServiceState.Stopping, _ hook: Hook, killAt: Instant, at moment: Moment) {
    var stopping = stopping
    stopping.phase = .preparing(hook, killAt: killAt)
    enter(.stopping(stopping), cause: values.cause, at: moment)
    runHook(hook)
  }

  /// Sends the signal after the hooks before it have ended, if a process is alive to receive it.
  private mutating func ask(_ stopping: ServiceState.Stopping, killAt: Instant, at moment: Moment) {
    if stopping.isEmpty { return runPostStop(stopping.next, cause: stopping.endCause ?? values.cause, at: moment) }
    var stopping = stopping
    stopping.phase = .asked(killAt: killAt)
    enter(.stopping(stopping), cause: values.cause, at: moment)
    act(.signal(service, run: values.run, spec.stop.signal))
  }
}
