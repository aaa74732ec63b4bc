// Stop signals that come together: which of them are one.

/// Decides what each stop signal means (rule 81).
///
/// Wrappers signal a program and then its group, so one Ctrl-C arrives twice. Signals within 500 ms of the first are one with it, and so is
/// one that was pending when this time ended: if the program did not run meanwhile (SIGSTOP, swap), nobody knows when it came.
struct StopSignals {
  enum Meaning: Equatable {
    /// The first: begin the full stop.
    case stop
    /// One with the first.
    case same
    /// The second: kill everything.
    case kill
  }

  private enum State {
    case none
    case begun(until: SuspendingClock.Instant)
    case over
  }

  private static let window = Duration.milliseconds(500)
  private var state = State.none

  /// The time at which to see whether a signal is pending; nil if nothing depends on it.
  var deadline: SuspendingClock.Instant? {
    if case .begun(let until) = state { until } else { nil }
  }

  /// A signal was taken.
  mutating func take(at now: SuspendingClock.Instant) -> Meaning {
    switch state {
    case .none:
      state = .begun(until: now + Self.window)
      return .stop
    case .begun: return .same
    case .over: return .kill
    }
  }

  /// No signal was pending.
  mutating func nonePending(at now: SuspendingClock.Instant) {
    if let deadline, now >= deadline { state = .over }
  }
}
