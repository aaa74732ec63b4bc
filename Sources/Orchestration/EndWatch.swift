// The end of the whole without a request (rule 90): whether a condition has come about, and the exit code that follows.

/// The watch for the conditions under which everything is stopped. Counts of a few services say cheaply when no condition can have come
/// about; only then, and after a change of a state, are services looked at one by one.
struct EndWatch: Sendable {
  /// The conditions.
  var policy: ExitPolicy
  /// Whether a state, or the file, has changed since the last look.
  var isDue = false
  /// The number of oneshots that count, and of those among them that can still end otherwise than by waiting in vain.
  private var oneshots = 0
  private var underWay = 0
  /// The number of critical services that have failed.
  private var failures = 0

  init(_ policy: ExitPolicy) {
    self.policy = policy
  }

  /// The share of one service.
  struct Share: Sendable, Equatable {
    var isOneshot = false
    var isUnderWay = false
    var isFailure = false

    /// The share of no service.
    init() {}

    init(of standing: Standing, _ spec: ServiceSpec) {
      isOneshot = spec.counts(standing)
      isUnderWay = isOneshot && ![.completed, .failed, .waiting].contains(standing.status)
      isFailure = spec.isCritical && standing.status == .failed && !standing.isRetiring
    }
  }

  mutating func replace(_ old: Share, with new: Share) {
    oneshots += (new.isOneshot ? 1 : 0) - (old.isOneshot ? 1 : 0)
    underWay += (new.isUnderWay ? 1 : 0) - (old.isUnderWay ? 1 : 0)
    failures += (new.isFailure ? 1 : 0) - (old.isFailure ? 1 : 0)
  }

  /// Begins to count anew, for the services of another file.
  mutating func recount() {
    self = EndWatch(policy)
    isDue = true
  }

  /// Whether a condition may have come about since the last look.
  mutating func takeDue() -> Bool {
    defer { isDue = false }
    return isDue && policy != ExitPolicy()
  }

  // MARK: The conditions

  /// The condition that has come about; nil: none. The service that is waited for by name comes first, then a failure.
  func ending(in core: Orchestrator) -> StopReport.Ending? {
    awaited(in: core) ?? failed(in: core) ?? completed(in: core)
  }

  private func awaited(in core: Orchestrator) -> StopReport.Ending? {
    guard let name = policy.untilCompleted, let index = core.graph.id(named: name)?.index, let end = End(of: index, in: core) else {
      return nil
    }
    return end.ending("--until-completed \(name)", in: core)
  }

  private func failed(in core: Orchestrator) -> StopReport.Ending? {
    guard policy.conditions.contains(.failed), failures > 0 else { return nil }
    let ends = core.services.indices.compactMap { index -> End? in
      guard core.services[index].ended.isFailure, var end = End(of: index, in: core) else { return nil }
      // It has a failure of its own, whatever keeps it from starting again.
      end.root = index
      return end
    }
    return ends.min { $0.at < $1.at }?.ending("stoker.exit_when: failed", in: core)
  }

  private func completed(in core: Orchestrator) -> StopReport.Ending? {
    guard policy.conditions.contains(.completed), oneshots > 0, underWay == 0 else { return nil }
    var failure: End?
    for index in core.services.indices where core.services[index].ended.isOneshot {
      guard let end = End(of: index, in: core) else { return nil }
      if end.root != nil, failure.map({ end.at < $0.at }) ?? true { failure = end }
    }
    let condition = "stoker.exit_when: completed"
    if let failure { return failure.ending(condition, in: core) }
    return StopReport.Ending(service: nil, exitCode: 0, reason: "every oneshot has completed (\(condition))")
  }

  /// The end of a service that does not start again by itself.
  private struct End {
    let index: Int
    /// The service whose failure is its end, which may be another one; nil: it has completed.
    var root: Int?
    /// The moment of that failure, or of its completion.
    let at: Instant

    /// Nil if it has not ended.
    init?(of index: Int, in core: Orchestrator) {
      guard !core.services[index].standing.isRetiring else { return nil }
      self.index = index
      root = core.services[index].standing.status == .completed ? nil : Self.failure(behind: index, in: core)
      if root == nil, core.services[index].standing.status != .completed { return nil }
      at = Self.values(of: root ?? index, in: core).enteredAt
    }

    func ending(_ condition: String, in core: Orchestrator) -> StopReport.Ending {
      let name = core.graph.services[index].name
      guard let root else { return StopReport.Ending(service: name, exitCode: 0, reason: "\(name) has completed (\(condition))") }
      let values = Self.values(of: root, in: core)
      let failure = "failed: \(values.cause.text(in: core.graph))"
      let sentence = root == index ? "\(name) \(failure)" : "\(name) waits for \(core.graph.services[root].name), which \(failure)"
      return StopReport.Ending(service: name, exitCode: values.exitCode, reason: "\(sentence) (\(condition))")
    }

    /// The service whose failure for good keeps this one from starting: itself, or the one on which its wait ends; nil: it may still start.
    private static func failure(behind index: Int, in core: Orchestrator) -> Int? {
      let reached = [index] + core.graph.walk(from: index) { values(of: $0, in: core).obstacles.map(\.index) }
      let failed = reached.filter { core.services[$0].standing.status == .failed && !values(of: $0, in: core).comesBack }
      return failed.min { (values(of: $0, in: core).enteredAt, $0) < (values(of: $1, in: core).enteredAt, $1) }
    }

    private static func values(of index: Int, in core: Orchestrator) -> ServiceView.Values { core.machines[core.place(of: index)].values }
  }
}

extension ServiceView.Values {
  /// The services without which it cannot start, or not start again.
  fileprivate var obstacles: [ServiceID] {
    switch state {
    case .waiting:
      blockers.compactMap { blocker in
        switch blocker.reason {
        case .required: blocker.service
        case .optional, .barrier: nil
        }
      }
    case .failed(_, comesBack: true): lost.map(\.service)
    case .stopped, .starting, .running, .backoff, .stopping, .completed, .failed: []
    }
  }

  /// The exit code of a failed service: that of its last process, unless it has none, or something else was the failure.
  fileprivate var exitCode: Int32 {
    switch cause {
    case .exited, .killed, .remembered: lastExit?.exitCode ?? 1
    case .requested, .requestedFor, .shutdown, .spawned, .ready, .adopted, .startFailed, .startTimedOut, .check, .unhealthy, .watchdog,
      .runtimeMax,
      .backoffElapsed, .dependency, .barrier, .layersSettled, .reloaded, .restartLimit, .survived, .heartbeat, .sum:
      1
    }
  }
}

extension ServiceSpec {
  /// Whether everything waits for its end by `exit_when: completed`.
  fileprivate func counts(_ standing: Standing) -> Bool { isEnabled && isMeantToComplete && !standing.isRetiring }
}

extension Exit {
  /// The exit code that stands for a failure, as shells have it; never 0.
  fileprivate var exitCode: Int32 {
    switch self {
    case .code(let code): code & 0xFF == 0 ? 1 : code & 0xFF
    case .signal(let signal, _): 128 + signal
    case .outOfMemory: 128 + 9
    case .unknown: 1
    }
  }
}
