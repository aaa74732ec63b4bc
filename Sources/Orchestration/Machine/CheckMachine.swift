// When the checks of a run go, one at a time, and which of them somebody asked for (rules 1, 6).

/// The checks of the present run of one machine: their schedule, the one in flight, and the one that somebody asked for.
struct CheckMachine: Sendable {
  /// The service that is checked.
  var service: ServiceID
  /// Nil: it has no check.
  var policy: CheckPolicy?
  /// Checks are made.
  private(set) var isOn = false
  /// The check under way.
  private(set) var inFlight: UInt64?
  /// The one under way was asked for by `checkNow`.
  private(set) var isForced = false
  /// A check asked for by `checkNow` that has not begun.
  private(set) var queued: UInt64?
  /// When the next scheduled check is due.
  private(set) var due = Instant(nanoseconds: 0)
  /// A result of this run is in.
  var hasResult = false
  /// Before the first success failures count from here on.
  var countFrom = Instant(nanoseconds: 0)

  init(_ policy: CheckPolicy?, of service: ServiceID) {
    self.policy = policy
    self.service = service
  }

  // MARK: Inputs

  /// A run (or an external service's watch) begins: its first check falls somewhere into the first start interval, by position in
  /// the file, so that many services started together are not checked in one instant.
  mutating func start(at now: Instant) -> [MachineStep] {
    guard let policy else { return [] }
    isOn = true
    hasResult = false
    allowStartUp(at: now)
    return schedule(at: now + policy.firstStep * (0.1 + 0.9 * spread))
  }

  /// Sets from when on failures of a run that has just come up count, until its first success.
  mutating func allowStartUp(at now: Instant) {
    guard let policy else { return }
    countFrom = now + max(.zero, policy.startPeriod) + policy.interval
  }

  /// Checks were switched off with the run still there, and are wanted again.
  mutating func resume(at now: Instant) -> [MachineStep] {
    guard let policy, !isOn else { return [] }
    isOn = true
    return schedule(at: now + policy.firstStep)
  }

  /// Nobody is interested in results any more.
  mutating func stop() -> [MachineStep] {
    guard isOn else { return [] }
    var steps: [MachineStep] = []
    if let inFlight {
      steps.append(.act(.cancelCheck(service, check: inFlight)))
      if isForced { steps += [.act(.abandonCheck(service, check: inFlight)), .forcedCheck(isOver: true)] }
    }
    if let queued { steps.append(.act(.abandonCheck(service, check: queued))) }
    isOn = false
    inFlight = nil
    isForced = false
    queued = nil
    return steps + [.disarm(.check)]
  }

  /// Somebody asks for a check now, after any in flight; concurrent calls share it (rule 6). `check`: the number that a new one gets.
  mutating func checkNow(_ check: UInt64) -> (CheckNow, [MachineStep]) {
    guard isOn else { return (.notRunning, []) }
    if let queued { return (.pending(check: queued), []) }
    if isForced, let inFlight { return (.pending(check: inFlight), []) }
    queued = check
    // With one in flight it is queued when that one is over.
    return (.pending(check: check), inFlight == nil ? [.queueCheck(check)] : [])
  }

  /// There is room for a check that somebody asked for. It may have been given up since, or a scheduled one is under way: then it comes
  /// back when that one is over.
  mutating func beginQueued(_ check: UInt64, run: UInt64) -> [MachineStep] {
    guard queued == check, inFlight == nil else { return [] }
    queued = nil
    return begin(check, isForced: true, run: run)
  }

  /// The scheduled check is due. With one still under way it is skipped; after a long sleep the schedule goes on from now, without a burst.
  mutating func scheduled(_ check: UInt64, hasSucceeded: Bool, run: UInt64, at now: Instant) -> [MachineStep] {
    guard let policy, isOn else { return [] }
    let step = hasSucceeded ? policy.step : policy.firstStep
    let next = due + step
    let steps = schedule(at: next > now ? next : now + step)
    return inFlight == nil ? steps + begin(check, isForced: false, run: run) : steps
  }

  /// The check under way has its result. Returns whether somebody asked for it; nil: nobody waits for this one any more.
  mutating func finished(_ check: UInt64) -> Bool? {
    guard inFlight == check else { return nil }
    defer {
      inFlight = nil
      isForced = false
    }
    return isForced
  }

  /// A result was counted: the schedule follows the first success, and a check that somebody asked for.
  mutating func goOn(isFirstSuccess: Bool, isForced: Bool, hasSucceeded: Bool, at now: Instant) -> [MachineStep] {
    guard let policy, isOn else { return [] }
    if isFirstSuccess { return schedule(at: now + policy.step * (1 - spread)) }
    return isForced ? schedule(at: now + (hasSucceeded ? policy.step : policy.firstStep)) : []
  }

  // MARK: Deeds

  private mutating func schedule(at due: Instant) -> [MachineStep] {
    self.due = due
    return [.arm(.check, at: due)]
  }

  private mutating func begin(_ check: UInt64, isForced: Bool, run: UInt64) -> [MachineStep] {
    guard policy?.source == .probe else { return [.readHeartbeat(check: check, isForced: isForced)] }
    inFlight = check
    self.isForced = isForced
    let start = MachineStep.act(.startCheck(service, check: check, run: run))
    return isForced ? [.forcedCheck(isOver: false), start] : [start]
  }

  /// In [0,1), far apart for neighbours in the file: the golden ratio's multiples.
  private var spread: Double {
    let product = Double(service.index) * 0.618_033_988_749_894_9
    return product - Double(Int64(product))
  }
}

extension CheckPolicy {
  /// From one check to the next until the run's first success (rule 1).
  fileprivate var firstStep: Duration { Self.bounded(min(startInterval, interval)) }

  /// From one check to the next after that.
  fileprivate var step: Duration { Self.bounded(interval) }

  /// No file may make the core spin.
  private static func bounded(_ duration: Duration) -> Duration {
    max(duration, .milliseconds(1))
  }

  /// The health after a result that counts. One success lifts unknown and degraded; unhealthy needs its successes in a row; failures below
  /// the threshold only degrade (rules 1 to 3).
  func verdict(on health: Health, passed: Bool, successes: Int, failures: Int) -> Health {
    if passed { return health == .unhealthy && successes < recoveryThreshold ? .unhealthy : .healthy }
    return health == .unhealthy || failures >= failureThreshold ? .unhealthy : .degraded
  }
}
