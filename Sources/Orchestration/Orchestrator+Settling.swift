// Barriers of the initial start, and its end (rules 22, 23).

extension Orchestrator {
  /// A service of a lower layer that has not settled yet, for one with an explicit layer that has its first start before it.
  func barrier(before index: Int) -> ServiceID? {
    guard settling.isBooted, !services[index].hasSettled, let layer = graph.services[index].layer,
      let lowest = settling.lowest, lowest < layer
    else { return nil }
    return settling.named.map { ServiceID($0) }
  }

  /// Notes that a service has settled, for good; whoever waited for that is looked at again.
  mutating func settle(_ index: Int) {
    guard settling.isBooted, !services[index].hasSettled, isSettled(index) else { return }
    services[index].hasSettled = true
    let wasNamed = settling.named == index
    let position = settling.position[index]
    settling.unsettled[position] -= 1
    while settling.lastUnsettled[position] >= 0, services[settling.members[position][settling.lastUnsettled[position]]].hasSettled {
      settling.lastUnsettled[position] -= 1
    }
    settling.advance()
    markDependents(of: index)
    if wasNamed { tellBarriers() }
  }

  /// The one that closed barriers name has settled: some are open now, the others name another.
  private mutating func tellBarriers() {
    for barrier in settling.barriers[settling.opened...] {
      if settling.isOpen(before: barrier.layer) { settling.opened += 1 }
      mark(barrier.index)
    }
  }

  /// Start done, completed, failed, stopped, disabled, in back-off, or waiting for one of these.
  private func isSettled(_ index: Int) -> Bool {
    switch services[index].state {
    case .stopped, .running, .backoff, .completed, .failed:
      return true
    case .waiting:
      let blockers = services[index].values.blockers
      return !blockers.isEmpty && blockers.allSatisfy { services[$0.service.index].hasSettled }
    case .starting:
      // An external service may stay there for ever; its first result settles it.
      return services[index].checking.hasResult
    case .stopping(let stopping):
      return stopping.phase == .leftOver
    }
  }

  mutating func concludeSettling() {
    guard settling.isBooted, !node.isInitialized, settling.lowest == nil else { return }
    node.isInitialized = true
    record(.initialized, .sum)
  }
}
