// The commands around a run: before and after its start, before and after its end.

extension ServiceMachine {
  /// A hook is over. One that nobody waits for any more is late.
  mutating func hookFinished(run: UInt64, _ hook: Hook, passed: Bool, at moment: Moment) -> [MachineStep] {
    guard run == values.run, values.hook == hook else { return [] }
    values.hook = nil
    switch state {
    case .starting(var starting) where starting.phase == .preparing && passed:
      starting.phase = .spawning
      spawn(starting, cause: values.cause, at: moment)
    case .starting(let starting) where starting.phase == .preparing:
      values.startFailures[.hook] += 1
      finish(values.descent?.next ?? .judge(.startFailed(.hook)), cause: .startFailed(.hook), at: moment)
    case .running where hook == .postStart:
      // Its view changed, and nothing else.
      steps.append(.look([]))
    case .stopping(let stopping):
      switch stopping.phase {
      case .prepared(.preStart, _): finish(stopping.next, cause: stopping.endCause ?? values.cause, at: moment)
      case .prepared(.preStop, let killAt) where stopping.exit == nil && spec.hooks.contains(.stop):
        prepareStop(stopping, .stop, killAt: killAt, at: moment)
      case .prepared(_, let killAt): ask(stopping, killAt: killAt, at: moment)
      case .cleaned(_, let cause): conclude(stopping.next, cause: cause, at: moment)
      case .asked, .killed, .leftOver: impossible("hookFinished")
      }
    case .stopped, .waiting, .starting, .running, .backoff, .completed, .failed:
      impossible("hookFinished")
    }
    return taken()
  }

  /// Begins a hook. One runs at a time: another that still does is no longer waited for.
  mutating func runHook(_ hook: Hook) {
    dropHook()
    values.hook = hook
    act(.runHook(service, run: values.run, hook))
  }

  /// The hook is killed; its answer is still waited for.
  mutating func cancelHook() {
    if let hook = values.hook { act(.cancelHook(service, run: values.run, hook)) }
  }

  /// The hook is killed, if one runs, and its answer will be late.
  mutating func dropHook() {
    cancelHook()
    values.hook = nil
  }

  /// A hook asks the process to end, before the signal does.
  mutating func prepareStop(_ stopping: ServiceState.Stopping, _ hook: Hook, killAt: Instant, at moment: Moment) {
    var stopping = stopping
    stopping.phase = .prepared(hook, killAt: killAt)
    enter(.stopping(stopping), cause: values.cause, at: moment)
    runHook(hook)
  }

  /// The hooks before the signal are through: it follows, if anything is left that could hear it.
  private mutating func ask(_ stopping: ServiceState.Stopping, killAt: Instant, at moment: Moment) {
    if stopping.isEmpty { return finish(stopping.next, cause: stopping.endCause ?? values.cause, at: moment) }
    var stopping = stopping
    stopping.phase = .asked(killAt: killAt)
    enter(.stopping(stopping), cause: values.cause, at: moment)
    act(.signal(service, run: values.run, spec.stop.signal))
  }
}
