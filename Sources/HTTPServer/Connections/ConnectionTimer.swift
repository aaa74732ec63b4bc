// A deadline that moves often and fires seldom.

import NIOCore

/// Keeps one wake-up scheduled and compares the deadline when it fires: moving a deadline later, as almost every request
/// does, costs no change in the event loop's queue.
final class ConnectionTimer {
  private let eventLoop: any EventLoop
  private let expired: () -> Void
  private var deadline: NIODeadline?
  private var wake: (at: NIODeadline, task: Scheduled<Void>)?

  /// `expired` should not keep the owner alive.
  init(eventLoop: any EventLoop, expired: @escaping () -> Void) {
    self.eventLoop = eventLoop
    self.expired = expired
  }

  /// Sets or, with nil, removes the deadline.
  func set(_ deadline: NIODeadline?) {
    self.deadline = deadline
    guard let deadline else { return }
    if let wake {
      if wake.at <= deadline { return }
      wake.task.cancel()
    }
    schedule(deadline)
  }

  /// Ends the timer.
  func cancel() {
    deadline = nil
    wake?.task.cancel()
    wake = nil
  }

  private func schedule(_ deadline: NIODeadline) {
    let task = eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { [weak self] () -> Void in self?.woken(deadline) }
    wake = (deadline, task)
  }

  private func woken(_ at: NIODeadline) {
    // A cancelled wake-up that was due in the same turn of the loop still runs.
    guard let wake, wake.at == at else { return }
    self.wake = nil
    guard let deadline else { return }
    if deadline <= .now() {
      self.deadline = nil
      expired()
    } else {
      schedule(deadline)
    }
  }
}
