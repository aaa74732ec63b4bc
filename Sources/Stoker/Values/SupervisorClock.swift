// The one place that reads clocks: monotonic instants for the core, and wall-clock times for people.

import Orchestration
import Synchronization

/// Monotonic time that stops in suspend (rule 31), and its translation to wall-clock time.
///
/// A moment keeps the wall-clock time that held when it happened: a step of the clock or a suspend starts a new stretch with an
/// offset of its own, and what came before does not move. So a timestamp in a metric never changes without a change.
final class SupervisorClock: Sendable {
  /// From this instant on, wall-clock time is the instant plus the offset.
  private struct Stretch {
    var start: Instant
    var offset: Int64
  }

  private let origin = SuspendingClock().now
  private let stretches: Mutex<[Stretch]>

  /// Less than this is the drift of a disciplined clock, not a step.
  private static let tolerance: Int64 = 500_000_000

  init() {
    stretches = Mutex([Stretch(start: Instant(nanoseconds: 0), offset: Timestamp.now.nanoseconds)])
  }

  /// The present instant.
  var now: Instant {
    Instant(nanoseconds: (SuspendingClock().now - origin).wholeNanoseconds)
  }

  /// The wall-clock time at which `instant` was, or will be.
  func timestamp(_ instant: Instant) -> Timestamp {
    let offset = stretches.withLock { stretches in
      (stretches.last { $0.start <= instant } ?? stretches[0]).offset
    }
    return Timestamp(nanoseconds: offset + instant.nanoseconds)
  }

  /// Notes a step of the wall clock, if there was one since the last call.
  func noticeSteps() {
    let now = now
    let offset = Timestamp.now.nanoseconds - now.nanoseconds
    stretches.withLock { stretches in
      guard let last = stretches.last, abs(offset - last.offset) > Self.tolerance else { return }
      stretches.append(Stretch(start: now, offset: offset))
      // The oldest is forgotten: whatever it dated has long left every history.
      if stretches.count > 64 { stretches.removeFirst() }
    }
  }
}
