// What an observer knows who sees only what goes in and out of the core, and reckons for himself.

import Orchestration

/// The observer's own books. They are kept from inputs, actions and change records alone; nothing here asks the core.
package struct Book: Sendable {
  /// The services of the file; what is not in it (any more) stands here as a service that does nothing.
  var specs: [ServiceSpec]
  /// When the history began.
  let start: Instant
  var pages: [Page]
  var now: Instant
  var sequence: UInt64 = 0
  var isBooted = false
  /// Since when the initial start has had all its services.
  var startedAt = Instant(nanoseconds: 0)
  var shutdownAt: Instant?
  var killAllAt: Instant?
  var isOver = false
  var killed: [ServiceID] = []
  var node = Snapshot.Node()
  var checkAnswered: UInt64?
  var highestCheck: UInt64 = 0
  var awaited: Set<UInt64> = []
  var registered: [String: Bool] = [:]

  /// What is known of one service.
  struct Page: Sendable {
    /// Since when it is known.
    var bornAt: Instant
    var status = Status.stopped
    var since: Instant
    var health = Health.unknown
    var healthSince: Instant
    var isWanted = false
    var lastCommand = LastCommand.none
    /// The run that has not ended yet: from the spawn to the last of its processes.
    var run: UInt64?
    var isLeftOver = false
    /// The hook that was begun and is not over.
    var hook: HookOfRun?
    /// Its process lives and has not said that it is ready.
    var isReadying = false
    var highestRun: UInt64 = 0
    /// The main process ended (something of its group lives).
    var isMainGone = false
    /// The run got a SIGKILL.
    var wasKilled = false
    /// A restart was asked for and its stop has not begun.
    var isRestartDue = false
    var attempts = 0
    /// Restarts that were told, by reason.
    var restarts = Tally<RestartReason>()
    /// How its last main process ended.
    var lastExit: Exit?
    /// The next spawn is an automatic attempt.
    var isAttemptDue = false
    var inFlight: UInt64?
    var hasSucceeded = false
    /// A check of this run had a result.
    var hasResult = false
    var failures = 0
    var successes = 0
    var countFrom: Instant
    /// What the last result made of the health, if its change is still to be told.
    var verdict: Health?
    var optionalSince: Instant?
    var hasGivenUp = false
    var view = ServiceView.Values()
    /// When `reset_after` has run so long, if it runs.
    var stableSince: Instant?
    /// It was taken out of the file, and it was said that nothing of it is left.
    var isLeaving = false
    var hasRetired = false

    init(at moment: Instant) {
      bornAt = moment
      since = moment
      healthSince = moment
      countFrom = moment
    }
  }

  /// A hook of one run.
  struct HookOfRun: Sendable, Equatable {
    var hook: Hook
    var run: UInt64

    init(_ hook: Hook, _ run: UInt64) {
      self.hook = hook
      self.run = run
    }
  }

  enum LastCommand: Sendable {
    case none, start, stop, forcedStop, restart
  }

  /// Empty books for these services.
  package init(_ specs: [ServiceSpec], at start: Instant) {
    self.specs = specs
    self.start = start
    now = start
    pages = specs.map { _ in Page(at: start) }
  }

  /// Who depends on a service, by these edges.
  func dependents(of index: Int, where isMeant: (Dependency) -> Bool) -> [Int] {
    specs.indices.filter { dependent in specs[dependent].dependencies.contains { $0.service.index == index && isMeant($0) } }
  }

  /// A run is there that others have to reckon with.
  func isLive(_ index: Int) -> Bool {
    pages[index].run != nil && !pages[index].isLeftOver
  }

  /// Rule 15, from what was seen.
  func isMet(_ edge: Dependency) -> Bool {
    let page = pages[edge.service.index]
    let spec = specs[edge.service.index]
    let isUp = page.status == .running || (page.status == .completed && spec.kind == .oneshot)
    switch edge.condition {
    case .started: return isUp || page.isReadying
    case .ready: return isUp
    case .completed: return page.status == .completed
    case .healthy:
      if page.status == .completed || spec.check == nil { return isUp }
      return isUp && page.hasSucceeded && page.health != .unhealthy
    }
  }

  /// The computed layer, the slow way.
  func layer(_ index: Int) -> Int {
    specs[index].dependencies.reduce(specs[index].layer ?? 0) { max($0, layer($1.service.index) + 1) }
  }

  /// The longest chain of stop deadlines, the slow way: who must have ended before whom, relaxed until nothing changes.
  func longestStop() -> Duration {
    func own(_ index: Int) -> Duration {
      let spec = specs[index]
      if spec.kind == .external { return .zero }
      return spec.stop.timeout + .seconds(5) + (spec.hooks.contains(.postStop) ? spec.stop.timeout : .zero)
    }
    let layers = specs.indices.map(layer)
    var longest = specs.indices.map(own)
    for _ in specs.indices {
      for index in specs.indices {
        let before = specs.indices.filter { other in
          specs[other].dependencies.contains { $0.service.index == index } || (specs[other].layer ?? 0) > layers[index]
        }
        longest[index] = own(index) + (before.map { longest[$0] }.max() ?? .zero)
      }
    }
    return longest.max() ?? .zero
  }
}
