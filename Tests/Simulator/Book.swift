// The knowledge of an observer who sees only inputs and outputs of the core, and does the sums independently.

import Orchestration

/// The observer's books. They follow inputs, actions and change records alone, and never ask the core.
package struct Book: Sendable {
  /// The services of the file; a service that is not in it (any more) stands here as one that does nothing.
  var specs: [ServiceSpec]
  /// The beginning of the history.
  let start: Instant
  /// The time by which absences of the supervisor may put off a deadline: their respites.
  var slack = Duration.zero
  /// The conditions under which everything is stopped without a request.
  var exits = ExitPolicy()
  var pages: [Page]
  var now: Instant
  var sequence: UInt64 = 0
  var isBooted = false
  /// The moment since which the initial start has had all its services.
  var startedAt = Instant(nanoseconds: 0)
  var shutdownAt: Instant?
  var killAllAt: Instant?
  var isOver = false
  var killed: [ServiceID] = []
  /// The services whose status changed in the present step.
  var entered: Set<Int> = []
  var node = Snapshot.Node()
  var checkAnswered: UInt64?
  var highestCheck: UInt64 = 0
  var awaited: Set<UInt64> = []
  var registered: [String: Bool] = [:]

  /// The facts about one service.
  struct Page: Sendable {
    /// The moment since which it is known.
    var bornAt: Instant
    var status = Status.stopped
    var since: Instant
    var health = Health.unknown
    var healthSince: Instant
    var isWanted = false
    var lastCommand = LastCommand.none
    /// The run that has not ended yet: from the spawn to the end of its last process.
    var run: UInt64?
    var isLeftOver = false
    /// The hook that has begun and has not ended.
    var hook: HookOfRun?
    /// The hook that is being killed and has not ended.
    var endingHook: HookOfRun?
    /// The requests whose check, command or report is under way: the first, and the one that follows it.
    var reloads: [ReloadPurpose] = []
    /// Whether what the main process left got the signal of the stop.
    var hasAskedRest = false
    /// Whether its process lives and has not reported that it is ready.
    var isReadying = false
    var highestRun: UInt64 = 0
    /// The moment at which the current or last run was spawned.
    var spawnedAt: Instant?
    /// Whether the main process has ended while another process of the run lives.
    var isMainGone = false
    /// Whether the run got a SIGKILL.
    var wasKilled = false
    /// Whether a restart was requested and its stop has not begun.
    var isRestartDue = false
    var attempts = 0
    /// The recorded restarts, by reason.
    var restarts = Tally<RestartReason>()
    /// The exit of its last main process.
    var lastExit: Exit?
    /// The processes that it left running, if it ended by itself.
    var left = 0
    /// Whether the last run could not be spawned, and no other could.
    var isUnspawnable = false
    /// Whether the next spawn is an automatic attempt.
    var isAttemptDue = false
    var inFlight: UInt64?
    var hasSucceeded = false
    /// Whether a check of this run had a result.
    var hasResult = false
    /// Whether it is judged as after its start, since what was lost to it is there again.
    var isAfresh = false
    /// The required dependencies that are lost to it, at the end of the last step.
    var lost: Set<Int> = []
    /// Whether a person forced its next start, whatever its dependencies.
    var isForced = false
    /// Whether its run was forced, and what it requires has not all been there since.
    var isForcedRun = false
    /// Whether it gave up while a dependency was lost to it.
    var comesBack = false
    var failures = 0
    var successes = 0
    var countFrom: Instant
    /// The health after the last result, until its change is recorded.
    var verdict: Health?
    var optionalSince: Instant?
    var hasGivenUp = false
    var view = ServiceView.Values()
    /// The beginning of `reset_after`, if it runs.
    var stableSince: Instant?
    /// Whether it was taken out of the file.
    var isLeaving = false
    /// Whether its end was reported.
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

  /// The dependents of a service, by these edges.
  func dependents(of index: Int, where isMeant: (Dependency) -> Bool) -> [Int] {
    specs.indices.filter { dependent in specs[dependent].dependencies.contains { $0.service.index == index && isMeant($0) } }
  }

  /// The services that require it through oneshots alone, which hold up no stop once they have completed.
  func dependentsThroughOneshots(of index: Int) -> [Int] {
    let oneshots = dependents(of: index) { !$0.isOptional }.filter { specs[$0].kind == .oneshot }
    return oneshots.flatMap { oneshot in dependents(of: oneshot) { !$0.isOptional } + dependentsThroughOneshots(of: oneshot) }
  }

  /// Whether a run exists that other services have to wait for.
  func isLive(_ index: Int) -> Bool {
    pages[index].run != nil && !pages[index].isLeftOver
  }

  /// Whether a dependency meets its condition (rule 15), from the observed changes.
  func isMet(_ edge: Dependency) -> Bool {
    let page = pages[edge.service.index]
    let spec = specs[edge.service.index]
    let isUp = page.status == .running || (page.status == .completed && spec.kind == .oneshot)
    switch edge.condition {
    case .started: return isUp || page.isReadying
    case .ready: return isUp
    case .completed: return page.status == .completed
    case .ended: return page.status == .completed || page.status == .failed && !page.comesBack
    case .healthy:
      if page.status == .completed || spec.check == nil { return isUp }
      return isUp && page.hasSucceeded && page.health != .unhealthy
    }
  }

  /// Whether another of its group meets the condition of this edge (rule 89).
  func isBorne(_ edge: Dependency, among edges: [Dependency]) -> Bool {
    edge.group != nil && edges.contains { $0.group == edge.group && isMet($0) }
  }

  /// Whether a stop of what a service requires need not wait for its end: the service has alternatives, and is to stay up.
  func mayStay(_ index: Int) -> Bool {
    pages[index].isWanted && !pages[index].view.isStopDue && pages[index].status != .stopping && hasAlternatives(index)
  }

  private func hasAlternatives(_ index: Int) -> Bool {
    specs[index].dependencies.contains { edge in
      !edge.isOptional && (edge.group != nil || specs[edge.service.index].kind == .oneshot && hasAlternatives(edge.service.index))
    }
  }

  /// The computed layer, the slow way.
  func layer(_ index: Int) -> Int {
    specs[index].dependencies.reduce(specs[index].layer ?? 0) { max($0, layer($1.service.index) + 1) }
  }

  /// The longest chain of stop deadlines, the slow way: relaxed over all pairs of services that stop one after the
  /// other.
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
