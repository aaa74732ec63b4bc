// Invariant 11 of the design: required dependencies that are lost to a service (rule 84).

import Orchestration

extension Book {
  /// The required dependencies that are lost to a service, the slow way: those that do not meet their condition or have to be healthy and
  /// are degraded, and those that are lost to a dependency that has completed, or that runs without a check. A group is lost if all of it
  /// is, and what is lost to all that bear it.
  func lost(_ index: Int) -> Set<Int> {
    var lost: Set<Int> = []
    let edges = specs[index].dependencies.filter { !$0.isOptional }
    for edge in edges where edge.group == nil {
      let other = edge.service.index
      if isLost(edge) {
        lost.insert(other)
      } else if pages[other].status == .completed || isBare(other) {
        lost.formUnion(self.lost(other))
      }
    }
    for group in Set(edges.compactMap(\.group)) {
      let group = edges.filter { $0.group == group }
      let bearers = group.filter { !isLost($0) }.map(\.service.index)
      if bearers.isEmpty {
        lost.formUnion(group.map(\.service.index))
      } else if bearers.allSatisfy({ isBare($0) && !self.lost($0).isEmpty }) {
        for bearer in bearers { lost.formUnion(self.lost(bearer)) }
      }
    }
    return lost
  }

  private func isLost(_ edge: Dependency) -> Bool {
    let other = edge.service.index
    return isHeldUp(by: other, edge.condition) || edge.condition == .healthy && pages[other].health == .degraded
  }

  private func isBare(_ index: Int) -> Bool { pages[index].status == .running && specs[index].check == nil }

  /// 11. No run is ended for its failed checks while a dependency is lost to it.
  func restartsNothingInVain(_ action: Action) throws(Violation) {
    guard case .changed(let change) = action, case .status(let id, _, .stopping, _) = change.what, change.cause == .unhealthy else {
      return
    }
    if let other = lost(id.index).first {
      throw Violation(invariant: 11, sentence: "\(name(id.index)) is restarted though \(specs[other].name) is lost to it")
    }
  }

  /// 11. Each service that has started names what is lost to it. When nothing is any more, its streaks begin anew; if it had given up
  /// meanwhile, it comes back.
  mutating func losesWhatIsLost() throws(Violation) {
    guard isBooted else { return }
    for index in specs.indices {
      let page = pages[index]
      let canLose: Bool
      switch page.status {
      case .starting, .running, .backoff, .failed: canLose = true
      case .stopped, .waiting, .stopping, .completed: canLose = false
      }
      let lost = canLose ? lost(index) : []
      pages[index].lost = lost
      if lost.isEmpty { pages[index].isForcedRun = false }
      guard page.isWanted, !page.isLeaving else { continue }
      guard Set(page.view.lost.map(\.service.index)) == lost else {
        throw Violation(
          invariant: 11,
          sentence:
            "\(name(index)) says that it lost \(page.view.lost.map { specs[$0.service.index].name }), it lost \(lost.map { specs[$0].name })"
        )
      }
      guard page.view.comesBack == page.comesBack else {
        throw Violation(invariant: 11, sentence: "\(name(index)) says that it comes back: \(page.view.comesBack)")
      }
      if page.comesBack, lost.isEmpty {
        throw Violation(invariant: 11, sentence: "\(name(index)) gave up, nothing is lost to it any more, and it does not come back")
      }
      if !page.lost.isEmpty, lost.isEmpty, page.status == .running, page.failures > 0 {
        pages[index].failures = 0
        pages[index].successes = 0
        pages[index].isAfresh = true
        if let check = specs[index].check { pages[index].countFrom = now + check.startPeriod + check.interval }
      }
    }
  }
}
