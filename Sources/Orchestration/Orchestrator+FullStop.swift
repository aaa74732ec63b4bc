// The full stop, in reverse order, and the kill of everything at once (rules 24, 25).

extension Orchestrator {
  /// Takes everything down: dependents first, explicit layers before the layers below them. Nothing is started any
  /// more.
  mutating func shutdown(_ origin: Origin) -> CommandAnswer {
    guard fullStop == nil else { return Self.accepted }
    node.stopping = origin
    fullStop = FullStop(graph.services.indices.map { (graph.services[$0].layer, services[$0].standing.occupies) })
    let cause = Cause.shutdown(origin)
    let order = graph.shutdownOrder.map(\.index)
    for index in order where services[index].standing.isDesiredUp { feed(index) { $0.setWish(false, by: origin, cause: cause, at: $1) } }
    for index in order where services[index].standing.status != .completed {
      feed(index) { $0.takeDown(.rest, order: .all, cause: cause, at: $1) }
    }
    for index in order { feed(index) { $0.endExtension(at: $1) } }
    return Self.accepted
  }

  /// Takes everything down when a condition for that has come about (rule 90).
  mutating func endByItself() {
    guard settling.isBooted, fullStop == nil, end.takeDue(), let ending = end.ending(in: self) else { return }
    _ = shutdown(.ending(ending))
    advanceMarked()
    followLosses()
  }

  /// Sends SIGKILL to every live run at once.
  mutating func killAll(_ origin: Origin) -> CommandAnswer {
    _ = shutdown(origin)
    fullStop?.isForced = true
    for index in graph.shutdownOrder.map(\.index) where services[index].standing.occupies {
      feed(index) { $0.killNow(cause: .shutdown(origin), at: $1) }
    }
    return Self.accepted
  }

  /// Whether a service of an explicit layer above it still has a run.
  func isHeldByLayer(_ index: Int) -> Bool {
    fullStop?.holds(graph.layers[index]) ?? false
  }

  /// Counts the runs of explicit layers. When the highest layer has ended, the services that it held are looked at
  /// again.
  mutating func countOccupiedLayer(_ index: Int, by step: Int) {
    guard let layer = graph.services[index].layer, fullStop?.count(layer, by: step) == true else { return }
    for other in services.indices where services[other].standing.isStopDue { mark(other) }
  }

  /// Reports the end of the full stop, once, when no run can still end.
  mutating func endFullStop() {
    guard sums.occupied == 0, let stop = fullStop, !stop.isOver else { return }
    fullStop?.isOver = true
    let leftOver = services.indices.filter { services[$0].standing.isLeftOver }.map { ServiceID($0) }
    actions.append(.stopped(StopReport(killed: stop.killed, leftOver: leftOver, ending: node.stopping?.ending)))
  }
}
