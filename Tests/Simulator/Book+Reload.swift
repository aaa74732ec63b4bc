// The observer's expectations of a reload.

import Orchestration

extension Book {
  /// Notes a reload: wishes first, then their consequences for attempts.
  mutating func note(_ reload: Step.Reload) {
    guard let file = reload.file else { return }
    let before = specs
    specs = reload.specs
    if !node.isInitialized { startedAt = now }
    for index in reload.rechecked where pages[index].status == .running { recheck(index) }
    var isChanged: Set<Int> = []
    for index in specs.indices {
      let wasLeaving = pages[index].isLeaving
      let isHere = file.contains(index)
      let wasHere = before[index].kind == specs[index].kind && !isNothing(before[index]) && !wasLeaving
      if isHere, isNothing(before[index]) { pages[index] = Page(at: now) }
      pages[index].isLeaving = reload.leaving.contains(index)
      if wasLeaving != pages[index].isLeaving { pages[index].hasRetired = false }
      if pages[index].isLeaving, !wasLeaving { wantDown(index, .stop) }
      if isHere, !wasHere || before[index].isEnabled != specs[index].isEnabled { isChanged.insert(index) }
    }
    guard isBooted else { return }
    let raised = isChanged.filter { specs[$0].isEnabled && !pages[$0].isWanted }
    let lowered = isChanged.filter { !specs[$0].isEnabled && pages[$0].isWanted }
    let fresh = raised.filter { pages[$0].status != .running && pages[$0].status != .starting }
    for index in raised { wantUp(index) }
    for index in lowered { wantDown(index, .stop) }
    for index in lowered {
      let holders = dependents(of: index) { !$0.isOptional } + dependentsThroughOneshots(of: index)
      let isHeld = holders.contains { pages[$0].isWanted && pages[$0].status.hasRun && !pages[$0].isLeftOver }
      if isHeld { pages[index].lastCommand = .forcedStop }
    }
    for index in reload.restarting where !fresh.contains(index) { renew(index, wasRaised: raised.contains(index)) }
  }

  /// Notes a changed check: a new one gives the run its start-up time; a removed one takes its results along.
  private mutating func recheck(_ index: Int) {
    if let check = specs[index].check {
      if !pages[index].hasResult { pages[index].countFrom = now + check.startPeriod + check.interval }
    } else if pages[index].isWanted {
      pages[index].hasResult = false
      pages[index].hasSucceeded = false
      pages[index].failures = 0
      pages[index].successes = 0
      pages[index].verdict = nil
    }
  }

  /// Notes another command: a service that is up is restarted, a failed one is tried again, and no attempt is used.
  private mutating func renew(_ index: Int, wasRaised: Bool) {
    guard specs[index].kind != .external else { return }
    switch pages[index].status {
    case .running, .starting:
      guard pages[index].isWanted, wasRaised || !pages[index].view.isStopDue else { return }
      pages[index].isRestartDue = true
      pages[index].lastCommand = .restart
      pages[index].attempts = 0
    case .stopping:
      if pages[index].isWanted { pages[index].attempts = 0 }
    case .backoff, .failed:
      // Not if it was disabled at the same time.
      if pages[index].isWanted { wantUp(index) }
    case .completed:
      if specs[index].isEnabled { wantUp(index) }
    case .stopped, .waiting:
      break
    }
  }

  /// Whether this stands for a service that is not in the file.
  private func isNothing(_ spec: ServiceSpec) -> Bool {
    spec.kind == .external && spec.check == nil
  }

  /// 6. The end of a service that was taken out of the file is reported once, when it has ended.
  func retiresOnce(_ action: Action) throws(Violation) {
    guard case .retired(let id) = action else { return }
    let page = pages[id.index]
    guard page.isLeaving, !page.hasRetired, page.run == nil, page.hook == nil, page.status == .stopped else {
      throw Violation(invariant: 6, sentence: "\(name(id.index)) is said to be gone, and is \(page.status)")
    }
  }
}

extension Status {
  /// Whether there is a run in this state.
  fileprivate var hasRun: Bool {
    switch self {
    case .starting, .running, .stopping: true
    case .stopped, .waiting, .backoff, .completed, .failed: false
    }
  }
}
