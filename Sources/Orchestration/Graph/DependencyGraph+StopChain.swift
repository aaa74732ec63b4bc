// The longest time of a full stop (rule 25).

extension DependencyGraph {
  /// The grace period: from SIGKILL until a surviving process counts as left over (rule 24).
  package static let grace = Duration.seconds(5)

  /// The longest chain of stop deadlines (rule 25): for each service on it `stop.timeout` and the grace period of 5 s,
  /// and `stop.timeout` again for a post-stop hook, in the order in which the services stop. A chain runs along
  /// dependents, required and optional, and along explicit layers.
  package var longestStopChain: (duration: Duration, services: [ServiceID]) {
    // A service stops after its dependents and after every service of an explicit layer above it; all of these have a
    // higher layer.
    var longest = Array(repeating: Duration.zero, count: services.count)
    var before = [Int?](repeating: nil, count: services.count)
    let barriers = services.indices.filter { (services[$0].layer ?? 0) > 0 }
      .sorted { (services[$0].layer ?? 0, $1) > (services[$1].layer ?? 0, $0) }
    var passed = 0
    var longestBarrier: Int?
    for id in shutdownOrder {
      let index = id.index
      while passed < barriers.count, (services[barriers[passed]].layer ?? 0) > layers[index] {
        if longestBarrier.map({ longest[$0] < longest[barriers[passed]] }) ?? true { longestBarrier = barriers[passed] }
        passed += 1
      }
      var predecessor = longestBarrier
      for dependent in dependents[index] where predecessor.map({ longest[$0] < longest[dependent.index] }) ?? true {
        predecessor = dependent.index
      }
      before[index] = predecessor
      longest[index] = deadline(of: index) + (predecessor.map { longest[$0] } ?? .zero)
    }
    guard var last = services.indices.max(by: { longest[$0] < longest[$1] }) else { return (.zero, []) }
    let total = longest[last]
    var chain = [ServiceID(last)]
    while let previous = before[last] {
      chain.append(ServiceID(previous))
      last = previous
    }
    return (total, chain.filter { services[$0.index].kind != .external }.reversed())
  }

  private func deadline(of index: Int) -> Duration {
    let spec = services[index]
    if spec.kind == .external { return .zero }
    return spec.stop.timeout + Self.grace + (spec.hooks.contains(.postStop) ? spec.stop.timeout : .zero)
  }
}
