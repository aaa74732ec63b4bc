// The barriers of the initial start, and its end (rules 22, 23).

extension Orchestrator {
  /// Notes once that a service has settled; the services that waited for it are looked at again.
  mutating func settle(_ index: Int) {
    guard settling.isBooted, !services[index].hasSettled,
      services[index].isSettled(machines[place(of: index)].values.blockers, among: services)
    else { return }
    services[index].hasSettled = true
    let wasNamed = settling.named == index
    settling.settle(index) { services[$0].hasSettled }
    markDependents(of: index)
    // The service that closed barriers name has settled: some are open now, the others name another service.
    if wasNamed { for barrier in settling.openBarriers() { mark(barrier) } }
  }

  mutating func endSettling() {
    guard settling.isBooted, !node.isInitialized, settling.lowest == nil else { return }
    node.isInitialized = true
    record(.initialized, .sum)
  }
}
