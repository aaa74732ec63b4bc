// Invariants 1 to 4 of the design: runs, order, the full stop, attempts.

import Orchestration

extension Book {
  func name(_ index: Int) -> String {
    "\(specs[index].name) at \(Double(now.nanoseconds - start.nanoseconds) / 1e9) s"
  }

  /// 1. At most one live run per service; no spawn while anything of the previous run lives or is left over.
  func oneLiveRun(_ action: Action) throws(Violation) {
    guard case .spawn(let id, let run) = action else { return }
    let page = pages[id.index]
    if let live = page.run {
      throw Violation(invariant: 1, sentence: "run \(run) of \(name(id.index)) is spawned while run \(live) is not gone")
    }
    let isPrepared = specs[id.index].hooks.contains(.preStart)
    guard isPrepared ? run == page.highestRun : run > page.highestRun else {
      throw Violation(invariant: 1, sentence: "run \(run) of \(name(id.index)) is not newer than run \(page.highestRun)")
    }
  }

  /// 1. Hooks of a run run one at a time, also those that are being killed, each in its place: no process of the run lives before its
  /// pre-start hook ends, or during its post-stop hook.
  func hooksInTheirPlaces(_ action: Action) throws(Violation) {
    switch action {
    case .runHook(let id, let run, let hook):
      let page = pages[id.index]
      if let other = page.hook ?? page.endingHook, other.run == run {
        throw Violation(invariant: 1, sentence: "the \(hook.words) of \(name(id.index)) begins before its \(other.hook.words) has ended")
      }
      let isRight =
        switch hook {
        case .preStart: page.run == nil && run > page.highestRun && page.status == .starting && page.isWanted && shutdownAt == nil
        case .postStart: page.run == run && page.status == .running
        case .preStop, .stop: page.run == run && page.status == .stopping
        case .postStop: page.run == nil && page.status == .stopping
        case .reloadCheck, .reload: page.run == run && page.status == .running && !page.reloads.isEmpty
        }
      if !isRight || !specs[id.index].hooks.contains(hook) {
        throw Violation(invariant: 1, sentence: "the \(hook.words) of \(name(id.index)) runs though it is \(page.status)")
      }
    case .spawn(let id, _):
      if let hook = pages[id.index].hook, hook.run >= pages[id.index].highestRun {
        throw Violation(invariant: 1, sentence: "\(name(id.index)) is spawned while its \(hook.hook.words) runs")
      }
    default:
      break
    }
  }

  /// 2. No start before every required dependency met its condition at that moment, unless a person forced it.
  func startsWhatIsMet(_ action: Action) throws(Violation) {
    guard case .changed(let change) = action, case .status(let id, _, .starting, _) = change.what,
      !pages[id.index].isForced
    else { return }
    let edges = specs[id.index].dependencies
    for edge in edges where !edge.isOptional && !isMet(edge) && !isBorne(edge, among: edges) {
      let dependency = specs[edge.service.index].name
      throw Violation(invariant: 2, sentence: "\(name(id.index)) starts, but \(dependency) is not \(edge.condition)")
    }
  }

  /// 2. No stop of a dependency before its dependents ended, unless it was forced, died, or is being restarted.
  func stopsDependentsFirst(_ action: Action, _ step: Step) throws(Violation) {
    guard case .changed(let change) = action, case .status(let id, let from, .stopping, _) = change.what,
      from == .running || from == .starting, pages[id.index].run != nil
    else { return }
    let index = id.index
    let mustBeGone: [Int]
    switch (change.cause, pages[index].lastCommand) {
    case (.shutdown, _):
      if case .command(.killAll, _) = step.input { return }
      let own = layer(index)
      let above = specs.indices.filter { $0 != index && (specs[$0].layer ?? 0) > own }
      mustBeGone = dependents(of: index) { _ in true } + dependentsThroughOneshots(of: index) + above
    case (.requested, .forcedStop), (.reloaded, .forcedStop):
      return
    case (.requested, .restart), (.reloaded, .restart):
      mustBeGone = dependents(of: index) { $0.onRestart != .ignore }.filter { pages[$0].status == .stopping }
    case (.requested, _), (.requestedFor, _), (.reloaded, _):
      mustBeGone = (dependents(of: index) { !$0.isOptional } + dependentsThroughOneshots(of: index)).filter {
        !pages[$0].isForcedRun && !mayStay($0)
      }
    default:
      return
    }
    if let live = mustBeGone.first(where: isLive) {
      throw Violation(invariant: 2, sentence: "\(name(index)) is stopped before \(specs[live].name) has ended")
    }
  }

  /// 3. After `desired = down`, no spawn; after the full stop began, no spawn at all.
  func spawnsNothingUnwanted(_ action: Action) throws(Violation) {
    guard case .spawn(let id, _) = action else { return }
    if shutdownAt != nil { throw Violation(invariant: 3, sentence: "\(name(id.index)) is spawned in the full stop") }
    if !pages[id.index].isWanted { throw Violation(invariant: 3, sentence: "\(name(id.index)) is spawned and nobody wants it") }
  }

  /// 3. The full stop ends within the longest chain of stop deadlines plus grace, even with processes that never die.
  func endsInTime() throws(Violation) {
    guard let shutdownAt, !isOver else { return }
    if now > shutdownAt + longestStop() + slack {
      throw Violation(invariant: 3, sentence: "the full stop is not over at \(Double(now.nanoseconds - start.nanoseconds) / 1e9) s")
    }
    if let killAllAt, now > killAllAt + .seconds(5) + slack {
      throw Violation(invariant: 3, sentence: "5 s after everything was killed the full stop is not over")
    }
  }

  /// 3. The report comes once, when no run is left, and names the killed services and the left-over ones.
  func reportsTheFullStop(_ action: Action) throws(Violation) {
    guard case .stopped(let report) = action else { return }
    guard shutdownAt != nil, !isOver else { throw Violation(invariant: 3, sentence: "a report without a full stop, or a second one") }
    if let live = specs.indices.first(where: isLive) {
      throw Violation(invariant: 3, sentence: "the full stop is said to be over, but \(name(live)) has not ended")
    }
    let leftOver = specs.indices.filter { pages[$0].isLeftOver }.map { ServiceID($0) }
    guard report.leftOver == leftOver, Set(report.killed) == Set(killed) else {
      throw Violation(invariant: 3, sentence: "the report says \(report), but killed were \(killed) and left over are \(leftOver)")
    }
  }

  /// 4. Automatic restarts between two resets never exceed the limit; delays are exactly the formula; give-up happens once per exhaustion;
  /// `failed` implies no process.
  func attemptsStayInTheLimit(_ action: Action, _ step: Step) throws(Violation) {
    switch action {
    case .changed(let change):
      switch change.what {
      case .status(let id, _, .starting, _) where pages[id.index].isAttemptDue:
        let used = pages[id.index].attempts + 1
        if let limit = specs[id.index].restart.maxAttempts, used > limit {
          throw Violation(invariant: 4, sentence: "\(name(id.index)) is restarted \(used) times, the limit is \(limit)")
        }
      case .status(let id, _, .failed, _) where pages[id.index].run != nil:
        throw Violation(invariant: 4, sentence: "\(name(id.index)) failed and still has a process")
      case .gaveUp(let id, let attempts):
        let limit = specs[id.index].restart.maxAttempts
        guard pages[id.index].status == .failed, !pages[id.index].hasGivenUp, attempts == pages[id.index].attempts, attempts == limit else {
          throw Violation(invariant: 4, sentence: "\(name(id.index)) gives up twice or too early, after \(attempts) attempts")
        }
      default:
        break
      }
    default:
      break
    }
  }

  /// 4. A run is ended for its age when it has reached it, and not before.
  func endsAtItsAge(_ action: Action) throws(Violation) {
    guard case .changed(let change) = action, case .status(let id, _, .stopping, _) = change.what, change.cause == .runtimeMax else {
      return
    }
    guard let most = specs[id.index].runtimeMax, let begin = pages[id.index].spawnedAt, now >= begin + most else {
      throw Violation(invariant: 4, sentence: "\(name(id.index)) is ended for an age that it has not reached")
    }
  }

  /// 4. No run goes on that has reached its age, unless its stop is decided.
  func livesNoLongerThanAllowed() throws(Violation) {
    for index in specs.indices where pages[index].status == .running && !pages[index].view.isStopDue {
      guard let most = specs[index].runtimeMax, let begin = pages[index].spawnedAt else { continue }
      // Its start may have taken longer.
      guard now > max(begin + most, pages[index].since) + slack else { continue }
      throw Violation(invariant: 4, sentence: "\(name(index)) lives longer than \(most)")
    }
  }

  /// 4. The view's attempts are the observed ones, and the delay follows the formula.
  mutating func attemptsAgree(_ index: Int, _ step: Step) throws(Violation) {
    let page = pages[index]
    // `reset_after` runs while the service is running and healthy. If it is due at the moment at which that ends, both
    // orders are right.
    let isStable = page.status == .running && page.health == .healthy && page.isWanted
    if let since = page.stableSince, page.attempts > 0, now - since >= specs[index].restart.resetAfter, page.view.attempts == 0 {
      pages[index].attempts = 0
    }
    pages[index].stableSince = isStable ? max(page.since, page.healthSince) : nil
    if isStable, page.attempts > 0, now - max(page.since, page.healthSince) > specs[index].restart.resetAfter + slack {
      throw Violation(invariant: 4, sentence: "\(name(index)) is stable for long and its attempts are not reset")
    }
    guard page.view.attempts == pages[index].attempts else {
      throw Violation(invariant: 4, sentence: "\(name(index)) shows \(page.view.attempts) attempts, there were \(pages[index].attempts)")
    }
    guard page.status == .backoff, entered.contains(index), let next = page.view.nextAttempt else { return }
    // A reload touches every view and begins no delay.
    if case .reload = step.input { return }
    let backoff = specs[index].restart.backoff
    var delay = backoff.base.inSeconds
    for _ in 0..<page.attempts { delay *= backoff.factor }
    if page.isUnspawnable { delay *= 10 }
    if backoff.jitter > 0 {
      guard let drawn = step.draws.last else {
        throw Violation(invariant: 4, sentence: "\(name(index)) delays without a draw")
      }
      // Several services may have drawn in one step; one of the draws must explain the delay.
      let candidates = step.draws.map { min(backoff.max.inSeconds, delay * (1 + backoff.jitter * $0)) }
      delay = candidates.min { abs($0 - (next - now).inSeconds) < abs($1 - (next - now).inSeconds) } ?? drawn
    }
    delay = min(delay, backoff.max.inSeconds)
    if abs((next - now).inSeconds - delay) > 1e-8 {
      throw Violation(invariant: 4, sentence: "\(name(index)) waits \((next - now).inSeconds) s, the formula says \(delay) s")
    }
  }
}
