// The steps that a machine returns for an input, to be carried out in order.

/// One step that a machine asks for. The orchestrator carries steps out in order, and decides the steps that concern
/// neighbours.
enum MachineStep: Sendable {
  /// An action for the outside world.
  case act(Action)
  /// The record of one change.
  case record(Change.What, Cause)
  case arm(Timer, at: Instant)
  case disarm(Timer)
  /// The standing that neighbours, sums and registry see from now on; these services are looked at again.
  case standing(Standing, Looks)
  /// These services are looked at again.
  case look(Looks)
  /// A start, or a wait for its blockers: answered with `begin` or `wait`.
  case start(ServiceState.Start, cause: Cause)
  /// Dependents go down with it, where their edges demand it (rule 21).
  case drag
  /// Its failed checks demand a restart: answered with `recover`, unless a dependency is lost to it.
  case recover
  /// It has given up: answered with `comeBack` if a dependency is lost to it.
  case gaveUp
  /// Its reload check has passed: the restart that was requested.
  case restart(by: Origin)
  /// The deadline of a stop has passed, and SIGKILL was sent.
  case killed
  /// A requested check waits for room.
  case queueCheck(UInt64)
  /// A requested check has begun, or has finished.
  case requestedCheck(isOver: Bool)
  /// A check that the registry answers, with `heartbeatRead`.
  case readHeartbeat(check: UInt64, isRequested: Bool)
  /// An input that cannot come in this state: an assertion failure in debug builds, ignored in release builds.
  case impossible(String)

  /// The timers of a machine.
  enum Timer: Int, CaseIterable, Sendable {
    /// The end of the current state by time: back-off, a stop's deadlines, the wait for optional dependencies.
    case life
    /// The next check.
    case check
    /// The end of the watchdog's time.
    case watchdog
    /// The end of the time that a run may live.
    case lifetime
    /// The reset of the attempts to 0.
    case reset
    /// The end of a stage of its reload.
    case reload
  }
}

/// The services to look at again after a change.
struct Looks: OptionSet, Sendable {
  let rawValue: UInt8

  /// The dependencies that wait for its end before they go down.
  static let dependencies = Looks(rawValue: 1)
  static let itself = Looks(rawValue: 2)
  /// The dependents that wait for it, or for the end of others.
  static let dependents = Looks(rawValue: 4)
}

extension RunHooks.Step {
  /// The step of a machine for this run.
  func step(of service: ServiceID, _ run: UInt64) -> MachineStep {
    switch self {
    case .begin(let hook): .act(.runHook(service, run: run, hook))
    case .cancel(let hook): .act(.cancelHook(service, run: run, hook))
    }
  }
}

/// A machine that leaves steps for each input.
protocol StepLeaving {
  /// The steps of the current input.
  var steps: [MachineStep] { get set }
}

extension StepLeaving {
  /// Returns the steps of the current input.
  mutating func takeSteps() -> [MachineStep] {
    defer { steps = [] }
    return steps
  }

  mutating func record(_ what: Change.What, _ cause: Cause) {
    steps.append(.record(what, cause))
  }

  mutating func act(_ action: Action) {
    steps.append(.act(action))
  }
}
