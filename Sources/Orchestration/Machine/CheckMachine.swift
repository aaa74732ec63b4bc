// The schedule of a run's checks, one at a time, and the requested checks (rules 1, 6).

/// The checks of a machine's current run: their schedule, the check in flight, and the requested check.
struct CheckMachine: Sendable {
  /// The service that is checked.
  var service: ServiceID
  /// The check policy; nil: the service has no check.
  var policy: CheckPolicy?
  /// Whether checks are made.
  private(set) var isOn = false
  /// The check in flight.
  private(set) var inFlight: UInt64?
  /// Whether the check in flight was requested by `checkNow`.
  private(set) var isRequested = false
  /// A check requested by `checkNow` that has not begun.
  private(set) var queued: UInt64?
  /// The moment of the next scheduled check.
  private(set) var due = Instant(nanoseconds: 0)
  /// Whether this run has a result.
  var hasResult = false
  /// The moment from which failures count, before the first success.
  var countFrom = Instant(nanoseconds: 0)
  /// Whether the run is judged as after its start, until the next success, although it had one before (rule 84).
  var isAfresh = false

  init(_ policy: CheckPolicy?, of service: ServiceID) {
    self.policy = policy
    self.service = service
  }

  // MARK: Inputs

  /// Begins the checks of a run, or of an external service. The first check falls somewhere into the first start
  /// interval, by the service's position in the file, so that many services started together are not checked in one
  /// instant.
  mutating func start(at now: Instant) -> [MachineStep] {
    guard let policy else { return [] }
    isOn = true
    hasResult = false
    isAfresh = false
    allowStartUp(at: now)
    return schedule(at: now + policy.firstStep * (0.1 + 0.9 * spread))
  }

  /// Sets the moment from which failures of a new run count, until its first success.
  mutating func allowStartUp(at now: Instant) {
    guard let policy else { return }
    countFrom = now + max(.zero, policy.startPeriod) + policy.interval
  }

  /// Goes on as after the start of the run.
  mutating func startAnew(at now: Instant) -> [MachineStep] {
    guard let policy, isOn else { return [] }
    isAfresh = true
    allowStartUp(at: now)
    return schedule(at: min(due, now + policy.firstStep))
  }

  /// Switches checks on again for a run that still lives.
  mutating func resume(at now: Instant) -> [MachineStep] {
    guard let policy, !isOn else { return [] }
    isOn = true
    return schedule(at: now + policy.firstStep)
  }

  /// Switches checks off, and cancels the check in flight.
  mutating func stop() -> [MachineStep] {
    guard isOn else { return [] }
    var steps: [MachineStep] = []
    if let inFlight {
      steps.append(.act(.cancelCheck(service, check: inFlight)))
      if isRequested { steps += [.act(.abandonCheck(service, check: inFlight)), .requestedCheck(isOver: true)] }
    }
    if let queued { steps.append(.act(.abandonCheck(service, check: queued))) }
    isOn = false
    inFlight = nil
    isRequested = false
    queued = nil
    return steps + [.disarm(.check)]
  }

  /// Requests a check now, after any check in flight; concurrent requests share it (rule 6). `check`: the number of a
  /// new check.
  mutating func checkNow(_ check: UInt64) -> (CheckNowAnswer, [MachineStep]) {
    guard isOn else { return (.notRunning, []) }
    if let queued { return (.pending(check: queued), []) }
    if isRequested, let inFlight { return (.pending(check: inFlight), []) }
    queued = check
    // With a check in flight, it is queued when that one has finished.
    return (.pending(check: check), inFlight == nil ? [.queueCheck(check)] : [])
  }

  /// Begins the requested check, for which there is room now. It may have been abandoned since. If a scheduled check is
  /// in flight, the request is queued again when that check has finished.
  mutating func beginQueued(_ check: UInt64, run: UInt64) -> [MachineStep] {
    guard queued == check, inFlight == nil else { return [] }
    queued = nil
    return begin(check, isRequested: true, run: run)
  }

  /// Begins the scheduled check, which is due. It is skipped if another is in flight. After a long sleep the schedule
  /// goes on from now, without a burst.
  mutating func scheduled(_ check: UInt64, hasSucceeded: Bool, run: UInt64, at now: Instant) -> [MachineStep] {
    guard let policy, isOn else { return [] }
    let step = hasSucceeded && !isAfresh ? policy.step : policy.firstStep
    let next = due + step
    let steps = schedule(at: next > now ? next : now + step)
    return inFlight == nil ? steps + begin(check, isRequested: false, run: run) : steps
  }

  /// Ends the check in flight. Returns whether it was requested; nil: this check is not in flight any more.
  mutating func finished(_ check: UInt64) -> Bool? {
    guard inFlight == check else { return nil }
    defer {
      inFlight = nil
      isRequested = false
    }
    return isRequested
  }

  /// Takes a result. Returns whether it counts: before the first success, failures count at most once per interval.
  mutating func take(passed: Bool, hasSucceeded: Bool, at now: Instant) -> Bool {
    hasResult = true
    if passed { isAfresh = false }
    let counts = passed || hasSucceeded && !isAfresh || now >= countFrom
    if !passed, counts, let policy { countFrom = now + policy.interval }
    return counts
  }

  /// Moves the schedule after a counted result: it follows the first success, and a requested check.
  mutating func goOn(isFirstSuccess: Bool, isRequested: Bool, hasSucceeded: Bool, at now: Instant) -> [MachineStep] {
    guard let policy, isOn else { return [] }
    if isFirstSuccess { return schedule(at: now + policy.step * (1 - spread)) }
    return isRequested ? schedule(at: now + (hasSucceeded ? policy.step : policy.firstStep)) : []
  }

  // MARK: Steps

  private mutating func schedule(at due: Instant) -> [MachineStep] {
    self.due = due
    return [.arm(.check, at: due)]
  }

  private mutating func begin(_ check: UInt64, isRequested: Bool, run: UInt64) -> [MachineStep] {
    guard policy?.source == .probe else { return [.readHeartbeat(check: check, isRequested: isRequested)] }
    inFlight = check
    self.isRequested = isRequested
    let start = MachineStep.act(.startCheck(service, check: check, run: run))
    return isRequested ? [.requestedCheck(isOver: false), start] : [start]
  }

  /// A number in [0,1), far apart for neighbours in the file: multiples of the golden ratio.
  private var spread: Double {
    let product = Double(service.index) * 0.618_033_988_749_894_9
    return product - Double(Int64(product))
  }
}

extension CheckPolicy {
  /// The time from one check to the next until the run's first success (rule 1).
  fileprivate var firstStep: Duration { Self.bounded(min(startInterval, interval)) }

  /// The time from one check to the next after that.
  fileprivate var step: Duration { Self.bounded(interval) }

  /// At least 1 ms, so that no file makes the core spin.
  private static func bounded(_ duration: Duration) -> Duration {
    max(duration, .milliseconds(1))
  }

  /// The health after a counted result. One success lifts unknown and degraded; unhealthy needs its successes in a row;
  /// failures below the threshold only degrade (rules 1 to 3).
  func health(from health: Health, passed: Bool, successes: Int, failures: Int) -> Health {
    if passed { return health == .unhealthy && successes < recoveryThreshold ? .unhealthy : .healthy }
    return health == .unhealthy || failures >= failureThreshold ? .unhealthy : .degraded
  }
}
