// Which timers of a machine are armed.

/// The timers of one machine beside that of its checks.
struct MachineTimers: Sendable {
  /// When the state ends by time.
  private var life: Instant?
  /// The process must show that it lives.
  private(set) var isWatched = false
  /// Attempts go back to 0 in a while.
  private var isResetDue = false

  /// The timer that ends the state follows it; only a process that runs is watched.
  mutating func follow(_ state: ServiceState) -> [MachineStep] {
    var steps: [MachineStep] = []
    if let due = state.due { steps.append(.arm(.life, at: due)) } else if life != nil { steps.append(.disarm(.life)) }
    life = state.due
    if isWatched, state.status != .running {
      isWatched = false
      steps.append(.disarm(.watchdog))
    }
    return steps
  }

  /// Another sign of life is due then.
  mutating func watch(until due: Instant) -> [MachineStep] {
    isWatched = true
    return [.arm(.watchdog, at: due)]
  }

  /// Attempts go back to 0 then, or not at all; one that is armed goes on.
  mutating func reset(_ due: Instant?) -> [MachineStep] {
    guard (due != nil) != isResetDue else { return [] }
    isResetDue = due != nil
    return [due.map { .arm(.reset, at: $0) } ?? .disarm(.reset)]
  }

  /// This timer has come due.
  mutating func fired(_ timer: MachineStep.Timer) {
    switch timer {
    case .life: life = nil
    case .watchdog: isWatched = false
    case .reset: isResetDue = false
    case .check: break
    }
  }
}
