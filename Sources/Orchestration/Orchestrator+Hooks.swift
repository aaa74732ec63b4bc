// The commands around a run: before and after its start, before and after its end.

extension Orchestrator {
  /// Begins a hook. One runs at a time: another that still does is no longer waited for.
  mutating func runHook(_ index: Int, _ hook: Hook) {
    dropHook(index)
    setHook(index, hook)
    actions.append(.runHook(ServiceID(index), run: services[index].values.run, hook))
  }

  /// The hook is killed; its answer is still waited for.
  mutating func cancelHook(_ index: Int) {
    guard let hook = services[index].values.hook else { return }
    actions.append(.cancelHook(ServiceID(index), run: services[index].values.run, hook))
  }

  /// The hook is killed, if one runs, and its answer will be late.
  mutating func dropHook(_ index: Int) {
    cancelHook(index)
    setHook(index, nil)
  }

  private mutating func setHook(_ index: Int, _ hook: Hook?) {
    services[index].values.hook = hook
    touch(index)
  }

  /// A hook is over. One that nobody waits for any more is late.
  mutating func hookFinished(_ index: Int, run: UInt64, _ hook: Hook, passed: Bool, _ jitter: () -> Double) {
    guard run == services[index].values.run, services[index].values.hook == hook else { return }
    setHook(index, nil)
    switch services[index].state {
    case .starting(let starting) where starting.phase == .preparing:
      prepared(index, starting, passed: passed, jitter)
    case .running where hook == .postStart:
      break
    case .stopping(let stopping):
      switch stopping.phase {
      case .prepared(.preStart, _): finish(index, stopping.next, cause: endCause(index, stopping), jitter)
      case .prepared(.preStop, let killAt) where stopping.exit == nil && graph.services[index].hooks.contains(.stop):
        prepareStop(index, stopping, .stop, killAt: killAt)
      case .prepared(_, let killAt): ask(index, stopping, killAt: killAt, jitter)
      case .cleaned(_, let cause): conclude(index, stopping.next, cause: cause, jitter)
      case .asked, .killed, .leftOver: impossible(index, "hookFinished")
      }
    case .stopped, .waiting, .starting, .running, .backoff, .completed, .failed:
      impossible(index, "hookFinished")
    }
  }

  /// The pre-start hook is over: the spawn follows, or the start has failed.
  private mutating func prepared(_ index: Int, _ starting: ServiceState.Starting, passed: Bool, _ jitter: () -> Double) {
    if passed {
      var starting = starting
      starting.phase = .spawning
      spawn(index, starting, cause: services[index].values.cause)
    } else {
      services[index].values.startFailures[.hook] += 1
      finish(index, services[index].descent?.next ?? .judge(.startFailed(.hook)), cause: .startFailed(.hook), jitter)
    }
  }

  /// A hook asks the process to end, before the signal does.
  mutating func prepareStop(_ index: Int, _ stopping: ServiceState.Stopping, _ hook: Hook, killAt: Instant) {
    var stopping = stopping
    stopping.phase = .prepared(hook, killAt: killAt)
    enter(index, .stopping(stopping), cause: services[index].values.cause)
    runHook(index, hook)
  }

  /// The hooks before the signal are through: it follows, if anything is left that could hear it.
  private mutating func ask(_ index: Int, _ stopping: ServiceState.Stopping, killAt: Instant, _ jitter: () -> Double) {
    if stopping.isEmpty { return finish(index, stopping.next, cause: endCause(index, stopping), jitter) }
    var stopping = stopping
    stopping.phase = .asked(killAt: killAt)
    enter(index, .stopping(stopping), cause: services[index].values.cause)
    actions.append(.signal(ServiceID(index), run: services[index].values.run, graph.services[index].stop.signal))
  }

  /// Why a run is over whose stop is: how its process ended, or, where there was none, why it was stopped.
  func endCause(_ index: Int, _ stopping: ServiceState.Stopping) -> Cause {
    if stopping.wasKilled { return .killed }
    if let exit = stopping.exit { return .exited(exit) }
    return stopping.isSpawned ? .exited(.unknown) : services[index].values.cause
  }
}
