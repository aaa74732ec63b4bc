// Invariant 12 of the design: reloads of services and signals to them change no state; a stop asks what the main process leaves.

import Orchestration

extension Book {
  /// 12. A request to reload or to signal a service, and each hook and report of a reload, changes no state and no health.
  func reloadsChangeNothing(_ step: Step) throws(Violation) {
    guard let index = reloading(in: step) else { return }
    for action in step.actions {
      let changes =
        switch action {
        case .spawn, .kill, .signal: true
        case .changed(let change):
          switch change.what {
          case .serviceReloaded, .signalled: false
          case .status, .health, .restarted, .gaveUp, .leftOver, .registry, .composite, .initialized, .ready: true
          }
        case .runHook, .cancelHook, .sendSignal, .startCheck, .cancelCheck, .recordCheck, .abandonCheck, .retired, .stopped: false
        }
      if changes { throw Violation(invariant: 12, sentence: "a reload of \(name(index)) or a signal to it leads to \(action)") }
    }
  }

  /// The service that this step reloads or signals, and does nothing else with.
  private func reloading(in step: Step) -> Int? {
    switch step.input {
    case .command(.reload(let id), _), .command(.signal(let id, _, _), _): return id.index
    case .event(.notified(let id, let run, .reloading)): return pages[id.index].run == run ? id.index : nil
    case .event(.hookFinished(let id, let run, let hook, _)):
      let isItsOwn = (hook == .reload || hook == .reloadCheck) && pages[id.index].hook == HookOfRun(hook, run)
      return isItsOwn && pages[id.index].reloads.first == .reload ? id.index : nil
    case .event, .command, .checkNow, .registry, .reload: return nil
    }
  }

  /// 12. A signal goes to a run that lives.
  func signalsWhatLives(_ action: Action) throws(Violation) {
    guard case .sendSignal(let id, let run, let signal, _) = action, pages[id.index].run != run else { return }
    throw Violation(invariant: 12, sentence: "signal \(signal) is sent to run \(run) of \(name(id.index)), which is gone")
  }

  /// 12. The rest that the main process of a run leaves in a stop is asked to end at once, unless a hook does that first.
  func asksTheRest(_ index: Int) throws(Violation) {
    let page = pages[index]
    guard page.status == .stopping, page.isMainGone, !page.wasKilled, !page.isLeftOver, page.hook == nil, page.endingHook == nil,
      !page.hasAskedRest
    else { return }
    throw Violation(invariant: 12, sentence: "what the main process of \(name(index)) has left is not asked to end")
  }
}
