// What follows from a service's state for itself and for the node: liveness, readiness, the composite, uptime, beats.

extension Orchestrator {
  /// Makes everything true again that follows from the state, wish and health of a service. Costs the same whatever the size of the file.
  mutating func refresh(_ index: Int) {
    touch(index)
    let service = services[index]
    let isAlive = isAlive(service, index)
    services[index].values.isAlive = isAlive
    if !isAlive { services[index].values.runStarted = nil }
    services[index].values.isReady = isReady(service, index)
    services[index].values.isStopDue = service.descent != nil
    refreshSums(index)
    refreshUptime(index)
    refreshReset(index)
    refreshEntry(index)
  }

  private func isAlive(_ service: Service, _ index: Int) -> Bool {
    let isExternal = graph.services[index].kind == .external
    switch service.state {
    case .running: return !isExternal || service.values.health != .unhealthy
    case .starting(let starting): return isExternal ? service.values.health != .unhealthy : starting.phase == .readying
    case .stopping(let stopping): return stopping.isSpawned && stopping.exit == nil
    case .stopped, .waiting, .backoff, .completed, .failed: return false
    }
  }

  /// The start is done (rule 23).
  private func isReady(_ service: Service, _ index: Int) -> Bool {
    switch service.state {
    case .running: graph.services[index].kind != .external || service.values.health != .unhealthy
    case .completed: true
    case .stopped, .waiting, .starting, .backoff, .stopping, .failed: false
    }
  }

  private mutating func refreshSums(_ index: Int) {
    let spec = graph.services[index]
    let values = services[index].values
    let counted = Service.Counted(
      health: values.isDesiredUp || values.status == .completed ? values.health : nil,
      isMissing: spec.isCritical && !values.isReady && !values.isRetiring && (spec.isEnabled || values.isDesiredUp))
    let old = services[index].counted
    guard counted != old else { return }
    services[index].counted = counted
    if let health = old.health { sums.health[health] -= 1 }
    if let health = counted.health { sums.health[health] += 1 }
    sums.missing += (counted.isMissing ? 1 : 0) - (old.isMissing ? 1 : 0)
  }

  private mutating func refreshUptime(_ index: Int) {
    let values = services[index].values
    let isChecked = graph.services[index].check != nil
    let isExternal = graph.services[index].kind == .external
    let old = values.uptime.phase
    let phase: UptimeHistory.Phase
    if !values.isDesiredUp {
      phase = .idle
    } else if isExternal ? !services[index].state.isUnderWay : !values.isAlive {
      phase = .down
    } else if !isChecked {
      phase = .up
    } else if case .checked = old {
      phase = old
    } else {
      phase = .checked(passed: nil)
    }
    if phase != old { services[index].values.uptime.begin(phase, at: now) }
  }

  /// Attempts go back to 0 after `reset_after` of running and healthy (rule 10).
  private mutating func refreshReset(_ index: Int) {
    let values = services[index].values
    let runs = values.status == .running && values.health == .healthy && values.isDesiredUp && values.attempts > 0
    if runs == timers.isArmed(.reset, index) { return }
    if runs {
      timers.arm(.reset, index, at: now + graph.services[index].restart.resetAfter)
    } else {
      timers.disarm(.reset, index)
    }
  }

  /// Composite, readiness and the end of the full stop: once for each call.
  mutating func concludeNode() {
    let composite: Health =
      if sums.health[.unhealthy] > 0 {
        .unhealthy
      } else if sums.health[.degraded] > 0 {
        .degraded
      } else if sums.health[.healthy] > 0, sums.health[.unknown] == 0 {
        .healthy
      } else {
        .unknown
      }
    if composite != node.health {
      record(.composite(from: node.health, to: composite), .sum)
      node.health = composite
    }
    let isReady = settling.isBooted && sums.missing == 0 && fullStop == nil
    if isReady != node.isReady {
      record(.ready(isReady), .sum)
      node.isReady = isReady
    }
    concludeSettling()
    concludeFullStop()
  }
}
