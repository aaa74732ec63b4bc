// The answer of a machine to an input: what is to be done for it, in order.

/// One thing that a machine asks for. The orchestrator carries steps out in order; those that concern neighbours are its to decide.
enum MachineStep: Sendable {
  /// For the world.
  case act(Action)
  /// One record for one change.
  case record(Change.What, Cause)
  case arm(Timer, at: Instant)
  case disarm(Timer)
  /// The standing that neighbours, sums and registry see from now on; these are to be looked at again.
  case standing(Standing, Looks)
  /// These are to be looked at again.
  case look(Looks)
  /// Start, or wait for what blocks it: answered with `begin` or `wait`.
  case start(ServiceState.Start, cause: Cause)
  /// Dependents go down with it where their edges say so (rule 21).
  case drag
  /// The deadline of a stop has passed: SIGKILL.
  case killed
  /// A check that somebody asked for waits for room.
  case queueCheck(UInt64)
  /// A check that somebody asked for has begun, or is over.
  case forcedCheck(isOver: Bool)
  /// The registry answers this check: with `heartbeatRead`.
  case readHeartbeat(check: UInt64, isForced: Bool)
  /// This input cannot come in this state: said where it can be debugged, ignored in release.
  case impossible(String)

  /// The timers of a machine.
  enum Timer: Int, CaseIterable, Sendable {
    /// The end of the present state by time: back-off, a stop's deadlines, the wait for optional dependencies.
    case life
    /// The next check.
    case check
    /// The process must show that it lives.
    case watchdog
    /// Attempts go back to 0.
    case reset
  }
}

/// The services that a change may concern.
struct Looks: OptionSet, Sendable {
  let rawValue: UInt8

  /// Dependencies that wait for its end before they go down.
  static let dependencies = Looks(rawValue: 1)
  static let itself = Looks(rawValue: 2)
  /// Dependents that wait for it, or for others' ends.
  static let dependents = Looks(rawValue: 4)
}
