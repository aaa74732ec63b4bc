// Barriers of the initial start, and its end (rules 22, 23).

extension Orchestrator {
  /// Notes that a service has settled, for good; those that waited for that are looked at again.
  mutating func settle(_ index: Int) {
    guard settling.isBooted, !services[index].hasSettled, isSettled(index) else { return }
    services[index].hasSettled = true
    let wasNamed = settling.named == index
    settling.settle(index) { services[$0].hasSettled }
    markDependents(of: index)
    // The one that closed barriers name has settled: some are open now, the others name another.
    if wasNamed { for barrier in settling.openBarriers() { mark(barrier) } }
  }

  /// Start done, completed, failed, stopped, disabled, in back-off, or waiting for one of these.
  private func isSettled(_ index: Int) -> Bool {
    guard services[index].standing.status == .waiting else { return services[index].standing.isSettled }
    let blockers = machines[services[index].machine.index].values.blockers
    return !blockers.isEmpty && blockers.allSatisfy { services[$0.service.index].hasSettled }
  }

  mutating func concludeSettling() {
    guard settling.isBooted, !node.isInitialized, settling.lowest == nil else { return }
    node.isInitialized = true
    record(.initialized, .sum)
  }
}
