// Wakes the supervisor when the core's next deadline is due.

import Orchestration

/// One pending wake-up. A deadline later than the armed one is left alone: the early wake-up finds nothing due and arms anew, which is
/// cheaper than a new timer for every event.
struct Alarm {
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

  /// The wake-up has come.
  mutating func wentOff() {
    armed = nil
  }

  mutating func cancel() {
    armed?.timer.cancel()
    armed = nil
  }
}
