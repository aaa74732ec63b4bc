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
    case .running where [.postStart, .reloadCheck, .reload].contains(hook):
      // Its view changed, if nothing else did.
      steps.append(.look([]))
      steps += reload.hookEnded(passed: passed, &values, at: moment.now)
    case .stopping(let stopping):
      switch stopping.phase {
      case .preparing(.preStart, _): runPostStop(stopping.next, cause: stopping.endCause ?? values.cause, at: moment)
      case .preparing(.preStop, let killAt) where stopping.exit == nil && spec.hooks.contains(.stop):
        prepareStop(stopping, .stop, killAt: killAt, at: moment)
      case .preparing(let hook, let killAt):
        ask(stopping, isEnough: hook == .stop && passed && spec.stop.isCommandEnough, killAt: killAt, at: moment)
      case .cleaning(_, let cause): runEnded(stopping.next, cause: cause, at: moment)
      case .asked, .killed, .leftOver: impossible("hookFinished")
      }
    case .stopped, .waiting, .starting, .running, .backoff, .completed, .failed:
      impossible("hookFinished")
    }
  }

  /// Begins a hook, when the one before has ended.
  mutating func runHook(_ hook: Hook) { steps += values.hooks.run(hook).map { $0.step(of: service, values.run) } }

  /// Kills the hook, and still waits for its answer.
  mutating func cancelHook() { steps += values.hooks.cancel().map { $0.step(of: service, values.run) } }

  /// Kills the hook, if one runs, and ignores its answer.
  mutating func dropHook() { steps += values.hooks.drop().map { $0.step(of: service, values.run) } }

  /// Runs a hook that asks the process to end, before the signal.
  mutating func prepareStop(_ stopping: ServiceState.Stopping, _ hook: Hook, killAt: Instant, at moment: Moment) {
    var stopping = stopping
    stopping.phase = .preparing(hook, killAt: killAt)
    enter(.stopping(stopping), cause: values.cause, at: moment)
    runHook(hook)
  }

  /// Sends the signal after the hooks before it have ended, if a process is alive to receive it.
  /// - Parameter isEnough: Whether the main process, while it lives, gets none.
  private mutating func ask(_ stopping: ServiceState.Stopping, isEnough: Bool, killAt: Instant, at moment: Moment) {
    if stopping.isEmpty { return runPostStop(stopping.next, cause: stopping.endCause ?? values.cause, at: moment) }
    var stopping = stopping
    stopping.phase = .asked(killAt: killAt)
    enter(.stopping(stopping), cause: values.cause, at: moment)
    if !isEnough || stopping.exit != nil { signal(stopping) }
  }
}
