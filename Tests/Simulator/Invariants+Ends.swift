// Invariant 13 of the design: everything ends without a request if and only if a condition has come about (rule 90).

import Orchestration

extension Book {
  /// 13. A condition stops everything only when it has come about.
  mutating func endsForAReason(_ action: Action) throws(Violation) {
    guard shutdownAt == nil else { return }
    switch action {
    case .changed(let change):
      if case .shutdown(.ending(let ending)) = change.cause { try end(by: ending) }
    case .stopped(let report):
      if let ending = report.ending { try end(by: ending) }
    case .spawn, .runHook, .cancelHook, .signal, .sendSignal, .kill, .startCheck, .cancelCheck, .recordCheck, .abandonCheck, .retired: break
    }
  }

  /// 13. When a condition has come about, the full stop has begun.
  mutating func endsWhenItShould(_ step: Step) throws(Violation) {
    if shutdownAt == nil, let ending = step.node.stopping?.ending { try end(by: ending) }
    guard isBooted, shutdownAt == nil, let reason = ending() else { return }
    throw Violation(invariant: 13, sentence: "\(reason) at \(Double(now.nanoseconds - start.nanoseconds) / 1e9) s, and everything goes on")
  }

  private mutating func end(by ending: StopReport.Ending) throws(Violation) {
    guard isBooted, self.ending() != nil else {
      throw Violation(invariant: 13, sentence: "everything is stopped since \(ending.reason), which is not true")
    }
    if let name = ending.service, let index = specs.firstIndex(where: { $0.name == name }) {
      let isSuccess = pages[index].status == .completed
      if isSuccess != (ending.exitCode == 0) || ending.exitCode < 0 || ending.exitCode > 255 {
        throw Violation(invariant: 13, sentence: "\(name) is \(pages[index].status), and the exit code is \(ending.exitCode)")
      }
      let isOwn = pages[index].status == .failed && !pages[index].comesBack
      if isOwn, case .code(let code) = pages[index].lastExit, ending.exitCode != code, ending.exitCode != 1 {
        throw Violation(invariant: 13, sentence: "\(name) exited with code \(code), and the exit code is \(ending.exitCode)")
      }
    } else if ending.exitCode != 0 {
      throw Violation(invariant: 13, sentence: "every oneshot has completed, and the exit code is \(ending.exitCode)")
    }
    note(.shutdown, [], [])
  }

  /// The condition that has come about, the slow way.
  private func ending() -> String? {
    let here = specs.indices.filter { !pages[$0].isLeaving }
    if let name = exits.untilCompleted, let index = here.first(where: { specs[$0].name == name }), isDone(index) {
      return "\(name) is done"
    }
    if exits.conditions.contains(.failed),
      let index = here.first(where: { specs[$0].isCritical && pages[$0].status == .failed && isInVain($0) })
    {
      return "\(specs[index].name) has failed"
    }
    let counting = here.filter { specs[$0].isEnabled && specs[$0].isMeantToComplete }
    guard exits.conditions.contains(.completed), !counting.isEmpty, counting.allSatisfy(isDone) else { return nil }
    return "every oneshot is done"
  }

  private func isDone(_ index: Int) -> Bool { pages[index].status == .completed || isInVain(index) }

  /// Whether it has failed for good, or waits for what has.
  private func isInVain(_ index: Int) -> Bool {
    switch pages[index].status {
    case .failed: return !pages[index].comesBack || lost(index).contains { isInVain($0) }
    case .waiting:
      return specs[index].dependencies.contains {
        !$0.isOptional && isHeldUp(by: $0.service.index, $0.condition) && isInVain($0.service.index)
      }
    case .stopped, .starting, .running, .backoff, .stopping, .completed: return false
    }
  }
}
