// Deadlines of checks.

import NIOCore

/// One deadline for all phases of a check, on the monotonic clock of the event loops (it stops in suspend).
struct ProbeDeadline {
  /// The time-out of the check, as messages show it.
  let timeout: Duration
  let instant: NIODeadline

  init(after timeout: Duration) {
    self.timeout = timeout
    // Bounded so that neither the sum nor the conversion to nanoseconds can overflow.
    instant = .now() + TimeAmount(min(max(timeout, .zero), .seconds(86_400)))
  }

  /// At least a nanosecond: NIO's connectors want a time that is positive.
  var remaining: TimeAmount { max(instant - .now(), .nanoseconds(1)) }
}
