// The only reader of clocks: monotonic instants for the core, and wall-clock times for people.

import Glibc
import Orchestration
import Synchronization

/// Monotonic time that stops in suspend (rule 31) and while Stoker does not run (rule 80), and its translation to wall-clock time.
/// Instants count from the machine's boot, so instants of an earlier Stoker stay valid.
///
/// A moment keeps the wall-clock time at which it happened: a step of the clock, a suspend or an absence starts a new stretch with an
/// offset of its own, and earlier moments do not move. So a timestamp in a metric never changes without an event.
final class SupervisorClock: Sendable {
  /// From this instant on, wall-clock time is the instant plus the offset.
  private struct Stretch {
    var start: Instant
    var offset: Int64
  }

  private struct State {
    var stretches: [Stretch]
    var lost = LostTime()
  }

  private let state: Mutex<State>

  /// A smaller difference is the drift of a disciplined clock, not a step.
  private static let tolerance: Int64 = 500_000_000

  init() {
    let now = Self.monotonic
    state = Mutex(State(stretches: [Stretch(start: now, offset: Timestamp.now.nanoseconds - now.nanoseconds)]))
  }

  /// The present instant.
  var now: Instant { state.withLock { $0.lost.time(at: Self.monotonic) } }

  /// The clock of `SuspendingClock`, from its origin.
  private static var monotonic: Instant {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Instant(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
  }

  /// The wall-clock time of an instant, past or future.
  func timestamp(_ instant: Instant) -> Timestamp {
    let offset = state.withLock { state in
      (state.stretches.last { $0.start <= instant } ?? state.stretches[0]).offset
    }
    return Timestamp(nanoseconds: offset.saturatingSum(instant.nanoseconds))
  }

  /// The instant of a wall-clock time, as the clocks stand now.
  func instant(_ timestamp: Timestamp) -> Instant {
    let offset = state.withLock { $0.stretches[$0.stretches.count - 1].offset }
    return Instant(nanoseconds: timestamp.nanoseconds.saturatingSum(0 &- offset))
  }

  // MARK: The loop

  /// Notes a wake-up of the loop, and a step of the wall clock since the last one. Returns how late it is, if a deadline has passed.
  func wake() -> LostTime.Lateness? {
    state.withLock { state in
      let lateness = state.lost.wake(at: Self.monotonic)
      let now = state.lost.time(at: Self.monotonic)
      let offset = Timestamp.now.nanoseconds - now.nanoseconds
      if lateness?.isLost == true || abs(offset - state.stretches[state.stretches.count - 1].offset) > Self.tolerance {
        state.stretches.append(Stretch(start: now, offset: offset))
        // The oldest is dropped: its moments have left every history by now.
        if state.stretches.count > 64 { state.stretches.removeFirst() }
      }
      return lateness
    }
  }

  /// Whether the loop may judge deadlines: what came during an absence was read.
  func mayJudge() -> Bool {
    state.withLock { $0.lost.mayJudge(at: Self.monotonic) }
  }

  /// Notes that the loop waits for the next deadline. Returns the moment at which to wake it.
  func sleep(until deadline: Instant?) -> Instant? {
    state.withLock { $0.lost.sleep(until: deadline, at: Self.monotonic) }
  }
}

extension Int64 {
  /// The sum, at most the highest and at least the lowest number.
  fileprivate func saturatingSum(_ other: Int64) -> Int64 {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? (other < 0 ? .min : .max) : sum
  }
}
