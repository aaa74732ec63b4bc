// Wakes the supervisor when the core's next deadline is due.

import Orchestration

/// One pending wake-up. A deadline later than the armed one is left alone: the early wake-up finds nothing due and arms anew, which is
/// cheaper than a new task for every event.
struct Alarm {
  private let clock: SupervisorClock
  private let mailbox: Mailbox
  private var armed: (due: Instant, task: Task<Void, Never>)?

  init(clock: SupervisorClock, mailbox: Mailbox) {
    self.clock = clock
    self.mailbox = mailbox
  }

  /// Makes sure that `.wake` is posted no later than `deadline`.
  mutating func set(_ deadline: Instant?) {
    guard let deadline else { return }
    if let armed, armed.due <= deadline { return }
    armed?.task.cancel()
    armed = (
      deadline,
      Task { [clock, mailbox] in
        do {
          try await clock.sleep(until: deadline)
          mailbox.post(.wake)
        } catch {
          // Cancelled: an earlier deadline has taken its place.
        }
      }
    )
  }

  /// The wake-up has come.
  mutating func wentOff() {
    armed = nil
  }

  mutating func cancel() {
    armed?.task.cancel()
    armed = nil
  }
}
