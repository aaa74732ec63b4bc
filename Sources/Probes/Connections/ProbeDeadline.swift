// Deadlines of checks.

import NIOCore
import Orchestration

/// One deadline for all phases of a check, on the monotonic clock of the event loops (it stops in suspend). If Stoker did not run when it
/// passed, the check gets further time: its answer may wait in the socket (rule 80).
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

  /// The end of all further time.
  var last: NIODeadline { instant + TimeAmount(max(timeout, LostTime.respite)) }

  /// Calls `body` on the loop when the deadline has passed, unless the result has come.
  func whenPassed<Reply>(on loop: any EventLoop, before result: EventLoopFuture<Reply>, _ body: @escaping @Sendable () -> Void) {
    watch(instant, on: loop, before: result, body)
  }

  private func watch<Reply>(
    _ due: NIODeadline, on loop: any EventLoop, before result: EventLoopFuture<Reply>, _ body: @escaping @Sendable () -> Void
  ) {
    let timer = loop.scheduleTask(deadline: due) {
      let late = Duration(NIODeadline.now() - due)
      guard due == instant, let extra = LostTime.extra(late: late, limit: timeout) else { return body() }
      watch(.now() + TimeAmount(extra), on: loop, before: result, body)
    }
    result.whenComplete { _ in timer.cancel() }
  }
}
