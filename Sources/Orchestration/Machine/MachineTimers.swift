// The armed timers of a machine.

/// The timers of one machine, except that of its checks.
struct MachineTimers: Sendable {
  /// The moment at which the state ends by time.
  private var life: Instant?
  /// Whether the watchdog's timer is armed.
  private(set) var isWatched = false
  /// Whether the end of the time that the run may live is armed.
  private(set) var isLimited = false
  /// The run whose signs of life cannot arrive.
  private var unheardRun: UInt64?
  /// Whether the reset of attempts is armed.
  private var isResetDue = false

  /// Arms or disarms timers for a new state: its own timer, and those that concern only a running process.
  mutating func follow(_ state: ServiceState) -> [MachineStep] {
    var steps: [MachineStep] = []
    if let due = state.due { steps.append(.arm(.life, at: due)) } else if life != nil { steps.append(.disarm(.life)) }
    life = state.due
    if state.status != .running { steps += unwatch() + limit(to: nil) }
    return steps
  }

  /// Arms the watchdog, if there is one: the next sign of life of this run is due after its time. Nothing is expected of a run that is not
  /// heard.
  mutating func watch(_ time: Duration?, run: UInt64, at now: Instant) -> [MachineStep] {
    guard let time, run != unheardRun else { return [] }
    isWatched = true
    return [.arm(.watchdog, at: now + time)]
  }

  /// Disarms the watchdog for the rest of this run.
  mutating func ignore(run: UInt64) -> [MachineStep] {
    unheardRun = run
    return unwatch()
  }

  /// Disarms the watchdog.
  mutating func unwatch() -> [MachineStep] {
    guard isWatched else { return [] }
    isWatched = false
    return [.disarm(.watchdog)]
  }

  /// Arms the end of the time that a run may live, or disarms it if there is none.
  mutating func limit(to time: Duration?, from begin: Instant? = nil) -> [MachineStep] {
    defer { isLimited = time != nil && begin != nil }
    if let time, let begin { return [.arm(.lifetime, at: begin + time)] }
    return isLimited ? [.disarm(.lifetime)] : []
  }

  /// Arms the reset of attempts, or disarms it if `due` is nil. An armed one keeps its moment.
  mutating func reset(_ due: Instant?) -> [MachineStep] {
    guard (due != nil) != isResetDue else { return [] }
    isResetDue = due != nil
    return [due.map { .arm(.reset, at: $0) } ?? .disarm(.reset)]
  }

  /// Notes that this timer has come due.
  mutating func fired(_ timer: MachineStep.Timer) {
    switch timer {
    case .life: life = nil
    case .watchdog: isWatched = false
    case .lifetime: isLimited = false
    case .reset: isResetDue = false
    case .check, .reload: break
    }
  }
}
