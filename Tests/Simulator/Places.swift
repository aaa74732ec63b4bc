// The translation between the numbers of the core, which a reload changes, and the slots of the parts, which stay.

import Orchestration

/// The part of each service of the core.
struct Places: Sendable {
  private let slots: [Int]
  private let ids: [ServiceID?]

  /// The places of `slots`, in the order of the core's services, among `count` parts.
  init(_ slots: [Int], of count: Int) {
    self.slots = slots
    var ids = [ServiceID?](repeating: nil, count: count)
    for (index, slot) in slots.enumerated() { ids[slot] = ServiceID(index) }
    self.ids = ids
  }

  /// The service of a slot, if there is one.
  func id(_ slot: Int) -> ServiceID? {
    ids[slot]
  }

  /// The slot of a service, as an id.
  func slot(_ id: ServiceID) -> ServiceID {
    ServiceID(slots[id.index])
  }

  // MARK: Into the core

  /// An event of the world; nil if it concerns a part that the core does not know (any more).
  func inward(_ event: Event) -> Event? {
    switch event {
    case .spawned(let slot, let run): id(slot.index).map { .spawned($0, run: run) }
    case .spawnFailed(let slot, let run, let isHopeless): id(slot.index).map { .spawnFailed($0, run: run, isHopeless: isHopeless) }
    case .exited(let slot, let run, let exit, let isEmpty, let others, let name):
      id(slot.index).map { .exited($0, run: run, exit, isEmpty: isEmpty, others: others, named: name) }
    case .notified(let slot, let run, let notification): id(slot.index).map { .notified($0, run: run, notification) }
    case .hookFinished(let slot, let run, let hook, let passed): id(slot.index).map { .hookFinished($0, run: run, hook, passed: passed) }
    case .emptied(let slot, let run): id(slot.index).map { .emptied($0, run: run) }
    case .checkFinished(let slot, let check, let passed): id(slot.index).map { .checkFinished($0, check: check, passed: passed) }
    case .wake: .wake
    }
  }

  /// A command; nil if it concerns a part that the core does not know.
  func inward(_ command: Command) -> Command? {
    switch command {
    case .start(let slot, let force): id(slot.index).map { .start($0, force: force) }
    case .stop(let slot, let mode): id(slot.index).map { .stop($0, mode) }
    case .restart(let slot, let force): id(slot.index).map { .restart($0, force: force) }
    case .reload(let slot): id(slot.index).map { .reload($0) }
    case .signal(let slot, let signal, let scope): id(slot.index).map { .signal($0, signal, scope) }
    case .boot, .startAll, .stopAll, .restartAll, .shutdown, .killAll: command
    }
  }

  // MARK: Out of the core

  func outward(_ action: Action) -> Action {
    switch action {
    case .spawn(let id, let run): .spawn(slot(id), run: run)
    case .runHook(let id, let run, let hook): .runHook(slot(id), run: run, hook)
    case .cancelHook(let id, let run, let hook): .cancelHook(slot(id), run: run, hook)
    case .signal(let id, let run, let signal, let scope): .signal(slot(id), run: run, signal, scope)
    case .sendSignal(let id, let run, let signal, let scope): .sendSignal(slot(id), run: run, signal, scope)
    case .kill(let id, let run): .kill(slot(id), run: run)
    case .startCheck(let id, let check, let run): .startCheck(slot(id), check: check, run: run)
    case .cancelCheck(let id, let check): .cancelCheck(slot(id), check: check)
    case .recordCheck(let id, let check, let passed, let health): .recordCheck(slot(id), check: check, passed: passed, health: health)
    case .abandonCheck(let id, let check): .abandonCheck(slot(id), check: check)
    case .changed(let change): .changed(outward(change))
    case .retired(let id): .retired(slot(id))
    case .stopped(let report):
      .stopped(StopReport(killed: report.killed.map(slot), leftOver: report.leftOver.map(slot).sorted(), ending: report.ending))
    }
  }

  private func outward(_ change: Change) -> Change {
    var change = change
    change.cause = outward(change.cause)
    switch change.what {
    case .status(let id, let from, let to, let run): change.what = .status(slot(id), from: from, to: to, run: run)
    case .health(let id, let from, let to): change.what = .health(slot(id), from: from, to: to)
    case .restarted(let id, let run, let reason, let attempt):
      change.what = .restarted(slot(id), run: run, reason: reason, attempt: attempt)
    case .gaveUp(let id, let attempts): change.what = .gaveUp(slot(id), attempts: attempts)
    case .leftOver(let id, let run): change.what = .leftOver(slot(id), run: run)
    case .serviceReloaded(let id, let run, let purpose, .interrupted(let cause)):
      change.what = .serviceReloaded(slot(id), run: run, purpose, .interrupted(outward(cause)))
    case .serviceReloaded(let id, let run, let purpose, let end): change.what = .serviceReloaded(slot(id), run: run, purpose, end)
    case .signalled(let id, let run, let signal, let scope): change.what = .signalled(slot(id), run: run, signal, scope)
    case .registry, .composite, .initialized, .ready: break
    }
    return change
  }

  private func outward(_ cause: Cause) -> Cause {
    switch cause {
    case .requestedFor(let id, let origin): .requestedFor(slot(id), origin)
    case .dependency(let id): .dependency(slot(id))
    case .requested, .shutdown, .spawned, .ready, .adopted, .remembered, .exited, .startFailed, .startTimedOut, .check, .unhealthy,
      .watchdog, .runtimeMax,
      .backoffElapsed, .barrier, .layersSettled, .reloaded, .restartLimit, .killed, .survived, .heartbeat, .sum:
      cause
    }
  }

  func outward(_ view: ServiceView) -> ServiceView {
    var values = view.values
    values.blockers = values.blockers.map { Blocker(slot($0.service), $0.reason) }
    values.lost = values.lost.map { Blocker(slot($0.service), $0.reason) }
    values.cause = outward(values.cause)
    return ServiceView(id: slot(view.id), values: values)
  }

  func outward(_ answer: CommandAnswer) -> CommandAnswer {
    switch answer {
    case .checking: return answer
    case .accepted(let started, let stopped): return .accepted(alsoStarted: started.map(slot), alsoStopped: stopped.map(slot))
    case .refused(let refusal):
      switch refusal {
      case .dependencyFailed(let list): return .refused(.dependencyFailed(list.map(slot)))
      case .dependencyUnmet(let list): return .refused(.dependencyUnmet(list.map(slot)))
      case .requiredBy(let list): return .refused(.requiredBy(list.map(slot)))
      case .restartLimitExceeded, .external, .noReload, .notRunning, .noProcess, .beingRemoved, .shuttingDown: return answer
      }
    }
  }
}
