// The only reader of clocks: monotonic instants for the core, and wall-clock times for people.

import Glibc
import Orchestration
import Synchronization

/// Monotonic time that stops in suspend (rule 31), and its translation to wall-clock time. Instants count from the machine's boot, so
/// instants of an earlier Stoker stay valid.
///
/// A moment keeps the wall-clock time at which it happened: a step of the clock or a suspend starts a new stretch with an offset of its
/// own, and earlier moments do not move. So a timestamp in a metric never changes without an event.
final class SupervisorClock: Sendable {
  /// From this instant on, wall-clock time is the instant plus the offset.
  private struct Stretch {
    var start: Instant
    var offset: Int64
  }

  private let stretches: Mutex<[Stretch]>

  /// A smaller difference is the drift of a disciplined clock, not a step.
  private static let tolerance: Int64 = 500_000_000

  init() {
    let now = Self.monotonic
    stretches = Mutex([Stretch(start: now, offset: Timestamp.now.nanoseconds - now.nanoseconds)])
  }

  /// The present instant.
  var now: Instant { Self.monotonic }

  /// The clock of `SuspendingClock`, from its origin.
  private static var monotonic: Instant {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Instant(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
  }

  /// The wall-clock time of an instant, past or future.
  func timestamp(_ instant: Instant) -> Timestamp {
    let offset = stretches.withLock { stretches in
      (stretches.last { $0.start <= instant } ?? stretches[0]).offset
    }
    return Timestamp(nanoseconds: offset.saturatingSum(instant.nanoseconds))
  }

  /// The instant of a wall-clock time, as the clocks stand now.
  func instant(_ timestamp: Timestamp) -> Instant {
    let offset = stretches.withLock { $0[$0.count - 1].offset }
    return Instant(nanoseconds: timestamp.nanoseconds.saturatingSum(0 &- offset))
  }

  /// Notes a step of the wall clock, if there was one since the last call.
  func noticeSteps() {
    let now = now
    let offset = Timestamp.now.nanoseconds - now.nanoseconds
    stretches.withLock { stretches in
      guard let last = stretches.last, abs(offset - last.offset) > Self.tolerance else { return }
      stretches.append(Stretch(start: now, offset: offset))
      // The oldest is dropped: its moments have left every history by now.
      if stretches.count > 64 { stretches.removeFirst() }
    }
  }
}

extension Int64 {
  /// The sum, at most the highest and at least the lowest number.
  fileprivate func saturatingSum(_ other: Int64) -> Int64 {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? (other < 0 ? .min : .max) : sum
  }
}
