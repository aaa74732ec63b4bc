// Stopping everything in reverse order, and killing it at once (rules 24, 25).

extension Orchestrator {
  /// Everything goes down: dependents first, explicit layers before those below them. Nothing is started any more.
  mutating func shutdown(_ origin: Origin) -> Verdict {
    let accepted = Verdict.accepted(alsoStarted: [], alsoStopped: [])
    guard fullStop == nil else { return accepted }
    node.isShuttingDown = true
    fullStop = newFullStop()
    let cause = Cause.shutdown(origin)
    let order = graph.shutdownOrder.map(\.index)
    for index in order where services[index].values.isDesiredUp { setDesired(index, false, by: origin, cause: cause) }
    for index in order where services[index].state.status != .completed { takeDown(index, .rest, order: .all, cause: cause) }
    for index in order { endExtension(index) }
    return accepted
  }

  /// What a process was granted before the full stop counts no more: its length is known beforehand (rules 24, 25).
  private mutating func endExtension(_ index: Int) {
    guard case .stopping(var stopping) = services[index].state else { return }
    let latest = now + graph.services[index].stop.timeout
    switch stopping.phase {
    case .asked(let killAt): stopping.phase = .asked(killAt: min(killAt, latest))
    case .prepared(let hook, let killAt) where !stopping.isEmpty: stopping.phase = .prepared(hook, killAt: min(killAt, latest))
    case .prepared, .killed, .leftOver, .cleaned: return
    }
    enter(index, .stopping(stopping), cause: services[index].values.cause)
  }

  /// SIGKILL to everything that lives, at once.
  mutating func killAll(_ origin: Origin) -> Verdict {
    _ = shutdown(origin)
    fullStop?.isForced = true
    for index in graph.shutdownOrder.map(\.index) where services[index].state.occupies {
      if services[index].state.isUnderWay { beginStop(index, .rest, cause: .shutdown(origin), asksHooks: false) }
      kill(index)
    }
    return .accepted(alsoStarted: [], alsoStopped: [])
  }

  /// A service of an explicit layer above this one's still runs.
  func isHeldByLayer(_ index: Int) -> Bool {
    guard let fullStop, fullStop.highest >= 0 else { return false }
    return fullStop.layers[fullStop.highest] > graph.layers[index]
  }

  /// Keeps the books of explicit layers; when the highest is through, those it held are looked at again.
  mutating func countOccupiedLayer(_ index: Int, by step: Int) {
    guard var stop = fullStop, let layer = graph.services[index].layer, let position = stop.layers.firstIndex(of: layer) else { return }
    stop.occupied[position] += step
    let before = stop.highest
    while stop.highest >= 0, stop.occupied[stop.highest] == 0 { stop.highest -= 1 }
    fullStop = stop
    guard stop.highest != before else { return }
    for other in services.indices where services[other].descent != nil { mark(other) }
  }

  private func newFullStop() -> FullStop {
    let layers = Set(graph.services.compactMap(\.layer)).sorted()
    var occupied = Array(repeating: 0, count: layers.count)
    for index in services.indices where services[index].state.occupies {
      if let layer = graph.services[index].layer, let position = layers.firstIndex(of: layer) { occupied[position] += 1 }
    }
    return FullStop(occupied: occupied, layers: layers, highest: occupied.lastIndex { $0 > 0 } ?? -1)
  }

  /// Over when nothing runs that could still end; said once.
  mutating func concludeFullStop() {
    guard sums.occupied == 0, let stop = fullStop, !stop.isOver else { return }
    fullStop?.isOver = true
    let leftOver = services.indices.filter { services[$0].values.isLeftOver }.map { ServiceID($0) }
    actions.append(.stopped(StopReport(killed: stop.killed, leftOver: leftOver)))
  }
}
