// The reload of a run: its check, the command or the signal, and the report of the process (rule 86). It changes no state.

/// The reload of a machine's current run, or the check before its restart: at most one of each, one after the other.
struct ReloadMachine: Sendable {
  /// The service that is reloaded.
  var service: ServiceID
  /// The policy; nil: the service has none.
  var policy: ReloadPolicy?
  /// The job under way.
  private(set) var job: Job?
  /// The purpose and the origin of the job that follows it.
  private var next: (purpose: ReloadPurpose, origin: Origin)?

  /// One reload, or one check before a restart.
  struct Job: Sendable {
    var purpose: ReloadPurpose
    var origin: Origin
    /// The policy at its beginning.
    var policy: ReloadPolicy
    var deadline: Instant
    var stage = Stage.waiting
    /// The report of the process while its command runs.
    var report: Notification?
  }

  /// The stage of a job.
  enum Stage: Sendable {
    /// A hook of the start runs.
    case waiting
    case checking
    /// The command runs.
    case asking
    /// The process was asked, and may report that it reloads.
    case listening
    /// The process has reported that it reloads.
    case reloading
  }

  /// The longest time until a process that was asked reports that it reloads, if it does.
  static let patience = Duration.seconds(1)

  init(_ policy: ReloadPolicy?, of service: ServiceID) {
    self.policy = policy
    self.service = service
  }

  // MARK: Inputs

  /// Requests a reload, or a restart after its check. A request joins another one of its kind, and follows one of the other.
  mutating func request(
    _ purpose: ReloadPurpose, by origin: Origin, _ values: inout ServiceView.Values, at now: Instant
  ) -> [MachineStep] {
    guard let job else { return begin(purpose, by: origin, &values, at: now) }
    if job.purpose != purpose { next = next ?? (purpose, origin) }
    return []
  }

  /// Takes the end of the hook that ran: its own, or the one that it waits for.
  mutating func hookEnded(passed: Bool, _ values: inout ServiceView.Values, at now: Instant) -> [MachineStep] {
    switch job?.stage {
    case .waiting: advance(&values, at: now)
    case .checking: passed ? ask(&values, at: now) : end(.checkFailed, &values, at: now)
    case .asking: passed ? listen(&values, at: now) : end(.commandFailed, &values, at: now)
    case .listening, .reloading, nil: []
    }
  }

  /// Takes a notification of the process.
  mutating func notified(_ notification: Notification, _ values: inout ServiceView.Values, at now: Instant) -> [MachineStep] {
    guard let job, job.policy.isReported else { return [] }
    switch (job.stage, notification) {
    case (.asking, .reloading), (.asking, .ready): self.job?.report = notification
    case (.listening, .reloading):
      self.job?.stage = .reloading
      return [.arm(.reload, at: job.deadline)]
    case (.listening, .ready), (.reloading, .ready): return end(.succeeded, &values, at: now)
    case (.waiting, _), (.checking, _), (.asking, _), (.listening, _), (.reloading, _): break
    }
    return []
  }

  /// The time of the stage is over.
  mutating func due(_ values: inout ServiceView.Values, at now: Instant) -> [MachineStep] {
    switch job?.stage {
    case .waiting: end(.timedOut(.hook), &values, at: now)
    case .checking: dropHook(&values) + end(.timedOut(.check), &values, at: now)
    case .asking: dropHook(&values) + end(.timedOut(.command), &values, at: now)
    // A process that reports nothing by now does not report its reloads.
    case .listening: end(.succeeded, &values, at: now)
    case .reloading: end(.timedOut(.ready), &values, at: now)
    case nil: []
    }
  }

  /// Ends the jobs, as the run does. The caller has dropped the hook.
  mutating func interrupt(_ cause: Cause, _ values: inout ServiceView.Values) -> [MachineStep] {
    guard let job else { return [] }
    var steps = conclude(job.purpose, by: job.origin, .interrupted(cause), &values)
    if let next { steps += conclude(next.purpose, by: next.origin, .interrupted(cause), &values) }
    (self.job, next) = (nil, nil)
    return [.disarm(.reload)] + steps
  }

  // MARK: Stages

  private mutating func begin(
    _ purpose: ReloadPurpose, by origin: Origin, _ values: inout ServiceView.Values, at now: Instant
  ) -> [MachineStep] {
    guard let policy else { return [] }
    let deadline = now + policy.timeout
    job = Job(purpose: purpose, origin: origin, policy: policy, deadline: deadline)
    return [.arm(.reload, at: deadline)] + advance(&values, at: now)
  }

  /// Begins a job that waits, if no other hook runs.
  private mutating func advance(_ values: inout ServiceView.Values, at now: Instant) -> [MachineStep] {
    guard let job, job.stage == .waiting, values.hooks.current == nil else { return [] }
    guard job.policy.hasCheck else { return ask(&values, at: now) }
    self.job?.stage = .checking
    return run(.reloadCheck, &values)
  }

  /// Asks the process, or hands the restart over whose check has passed. A reload that was to follow that is over with it.
  private mutating func ask(_ values: inout ServiceView.Values, at now: Instant) -> [MachineStep] {
    guard let job else { return [] }
    if job.purpose == .restart {
      let steps = next.map { conclude($0.purpose, by: $0.origin, .interrupted(.requested(job.origin)), &values) } ?? []
      (self.job, next) = (nil, nil)
      return [.disarm(.reload)] + steps + [.restart(by: job.origin)]
    }
    switch job.policy.way {
    case .signal(let signal):
      return [.act(.sendSignal(service, run: values.run, signal, .process))] + listen(&values, at: now)
    case .command:
      self.job?.stage = .asking
      return run(.reload, &values)
    }
  }

  /// Waits for the reports of a process that was asked, if it can make any.
  private mutating func listen(_ values: inout ServiceView.Values, at now: Instant) -> [MachineStep] {
    guard let job else { return [] }
    guard job.policy.isReported, job.report != .ready else { return end(.succeeded, &values, at: now) }
    let isReloading = job.report == .reloading
    self.job?.stage = isReloading ? .reloading : .listening
    return isReloading ? [] : [.arm(.reload, at: min(job.deadline, now + Self.patience))]
  }

  /// Ends the job, and begins the next.
  private mutating func end(_ end: ReloadEnd, _ values: inout ServiceView.Values, at now: Instant) -> [MachineStep] {
    guard let job else { return [] }
    let steps = [.disarm(.reload)] + conclude(job.purpose, by: job.origin, end, &values)
    self.job = nil
    guard let next else { return steps }
    self.next = nil
    return steps + begin(next.purpose, by: next.origin, &values, at: now)
  }

  private func conclude(
    _ purpose: ReloadPurpose, by origin: Origin, _ end: ReloadEnd, _ values: inout ServiceView.Values
  ) -> [MachineStep] {
    if purpose == .reload { values.reloads[end.outcome] += 1 }
    return [.record(.serviceReloaded(service, run: values.run, purpose, end), .requested(origin))]
  }

  private func run(_ hook: Hook, _ values: inout ServiceView.Values) -> [MachineStep] {
    values.hooks.run(hook).map { $0.step(of: service, values.run) }
  }

  private func dropHook(_ values: inout ServiceView.Values) -> [MachineStep] {
    values.hooks.drop().map { $0.step(of: service, values.run) }
  }
}
