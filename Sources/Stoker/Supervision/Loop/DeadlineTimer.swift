// Wakes the supervisor's loop at the core's next deadline.

import Orchestration

/// One pending wake-up. A deadline later than the armed one changes nothing: the early wake-up finds no work and arms the timer again,
/// which is cheaper than a new timer for every event.
struct DeadlineTimer {
  private let clock: SupervisorClock
  private let mailbox: Mailbox
  private let thread: TaskThread
  private var armed: (due: Instant, timer: TaskThread.Timer)?

  init(clock: SupervisorClock, mailbox: Mailbox, thread: TaskThread) {
    self.clock = clock
    self.mailbox = mailbox
    self.thread = thread
  }

  /// Makes sure that `.wake` is posted no later than `deadline`.
  mutating func set(_ deadline: Instant?) {
    guard let deadline else { return }
    if let armed, armed.due <= deadline { return }
    armed?.timer.cancel()
    armed = (deadline, thread.timer(in: deadline - clock.now) { [mailbox] in mailbox.post(.wake) })
  }

  /// Notes that the timer has fired.
  mutating func fired() {
    armed = nil
  }

  mutating func cancel() {
    armed?.timer.cancel()
    armed = nil
  }
}
