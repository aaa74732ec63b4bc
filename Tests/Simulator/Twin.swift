// The core, and a second one without reloads of the same file.

import Orchestration

/// The core of a history. At the first reload of the same file a copy is made that does not have that reload: from then
/// on both must do the same. A reload that changes something ends the comparison.
struct Twin {
  private(set) var core: Orchestrator
  private var untouched: Orchestrator?

  init(_ core: Orchestrator) {
    self.core = core
  }

  mutating func takeTouched() -> [ServiceID] {
    core.takeTouched()
  }

  /// Feeds an input to both cores, with the same draws.
  mutating func feed(
    _ chances: inout Draws, _ body: (inout Orchestrator, () -> Double) -> [Action]
  ) throws(Violation) -> (actions: [Action], drawn: [Double]) {
    var drawn: [Double] = []
    var left = chances
    let draw: () -> Double = {
      let chance = left.unit()
      drawn.append(chance)
      return chance
    }
    let actions = body(&core, draw)
    guard var other = untouched else {
      chances = left
      return (actions, drawn)
    }
    let (all, count) = (drawn, drawn.count)
    left = chances
    drawn = []
    let others = body(&other, draw)
    untouched = other
    chances = left
    guard actions == others, count == drawn.count, core.nextDeadline == other.nextDeadline else {
      throw Violation(invariant: 6, sentence: "after a reload of the same file it does \(actions), without it \(others)")
    }
    return (actions, all)
  }

  /// Reloads a changed file.
  mutating func reload(_ reload: Reload, at now: Instant) -> [Action] {
    untouched = nil
    return core.reload(reload, by: .program, at: now)
  }

  /// Reloads the same file, and checks that this causes no action, no change and no other deadline.
  mutating func reloadSame(_ reload: Reload, at now: Instant) throws(Violation) {
    let before = core
    untouched = untouched ?? core
    let actions = core.reload(reload, by: .program, at: now)
    guard actions.isEmpty else { throw Violation(invariant: 6, sentence: "a reload of the same file does \(actions)") }
    guard core.nextDeadline == before.nextDeadline, core.node == before.node, core.registry == before.registry else {
      throw Violation(invariant: 6, sentence: "a reload of the same file changes when the core wants to be woken, the node or the registry")
    }
    for index in core.graph.services.indices {
      let (old, new) = (before.view(ServiceID(index)).values, core.view(ServiceID(index)).values)
      if !isSame(old, new, at: now) {
        throw Violation(invariant: 6, sentence: "a reload of the same file changes \(core.graph.services[index].name)")
      }
    }
  }

  private func isSame(_ old: ServiceView.Values, _ new: ServiceView.Values, at now: Instant) -> Bool {
    old.status == new.status && old.since == new.since && old.cause == new.cause && old.health == new.health && old.run == new.run
      && old.runStarted == new.runStarted && old.isDesiredUp == new.isDesiredUp && old.desiredBy == new.desiredBy
      && old.isAlive == new.isAlive && old.isReady == new.isReady && old.isStopDue == new.isStopDue && old.isReadying == new.isReadying
      && old.hook == new.hook && old.isRetiring == new.isRetiring && old.isLeftOver == new.isLeftOver && old.attempts == new.attempts
      && old.isLimitReached == new.isLimitReached && old.nextAttempt == new.nextAttempt && old.backoff == new.backoff
      && old.blockers == new.blockers && old.waitingSince == new.waitingSince && old.counters == new.counters
      && old.hasSucceeded == new.hasSucceeded && old.consecutiveFailures == new.consecutiveFailures
      && old.consecutiveSuccesses == new.consecutiveSuccesses && old.lastCheckAt == new.lastCheckAt && old.lastExit == new.lastExit
      && UptimeHistory.Window.allCases.allSatisfy { old.uptime.share($0, at: now)?.ratio == new.uptime.share($0, at: now)?.ratio }
  }
}
