// Stopping everything in reverse order, and killing it at once (rules 24, 25).

extension Orchestrator {
  /// Everything goes down: dependents first, explicit layers before those below them. Nothing is started any more.
  mutating func shutdown(_ origin: Origin) -> Verdict {
    guard fullStop == nil else { return Self.accepted }
    node.isShuttingDown = true
    fullStop = FullStop(graph.services.indices.map { (graph.services[$0].layer, services[$0].standing.occupies) })
    let cause = Cause.shutdown(origin)
    let order = graph.shutdownOrder.map(\.index)
    for index in order where services[index].standing.isDesiredUp { want(index, false, by: origin, cause: cause) }
    for index in order where services[index].standing.status != .completed { takeDown(index, .rest, order: .all, cause: cause) }
    for index in order { tell(index) { $0.endExtension(at: $1) } }
    return Self.accepted
  }

  /// SIGKILL to everything that lives, at once.
  mutating func killAll(_ origin: Origin) -> Verdict {
    _ = shutdown(origin)
    fullStop?.isForced = true
    for index in graph.shutdownOrder.map(\.index) where services[index].standing.occupies {
      tell(index) { $0.killNow(cause: .shutdown(origin), at: $1) }
    }
    return Self.accepted
  }

  /// A service of an explicit layer above this one's still runs.
  func isHeldByLayer(_ index: Int) -> Bool {
    fullStop?.holds(graph.layers[index]) ?? false
  }

  /// Keeps the books of explicit layers; when the highest is through, those it held are looked at again.
  mutating func countOccupiedLayer(_ index: Int, by step: Int) {
    guard let layer = graph.services[index].layer, fullStop?.count(layer, by: step) == true else { return }
    for other in services.indices where services[other].standing.isStopDue { mark(other) }
  }

  /// Over when nothing runs that could still end; said once.
  mutating func concludeFullStop() {
    guard sums.occupied == 0, let stop = fullStop, !stop.isOver else { return }
    fullStop?.isOver = true
    let leftOver = services.indices.filter { services[$0].standing.isLeftOver }.map { ServiceID($0) }
    actions.append(.stopped(StopReport(killed: stop.killed, leftOver: leftOver)))
  }
}
