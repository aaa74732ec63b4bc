// Waiting for the end of a thread, up to a deadline.

import Glibc
import Linux

/// The end of a thread: signalled once by the thread itself, and true from then on.
final class ThreadEnd: Sendable {
  private let wakeup: Wakeup

  init() throws(SystemError) {
    wakeup = try Wakeup()
  }

  /// Signals the end: the last call of the thread.
  func signal() { wakeup.ring() }

  /// Waits until the thread has ended, or `deadline` has come. Returns whether the thread has ended.
  func wait(until deadline: SuspendingClock.Instant) -> Bool {
    var entry = pollfd(fd: wakeup.descriptor, events: Int16(POLLIN), revents: 0)
    while true {
      let left = (deadline - .now).components
      // Rounded up, so that the last millisecond is not polled again and again; the bound of a day keeps it
      // within an Int32.
      let milliseconds = left.seconds < 86_400 ? left.seconds * 1000 + left.attoseconds / 1_000_000_000_000_000 + 1 : 86_400_000
      let count = poll(&entry, 1, Int32(max(0, milliseconds)))
      if count > 0 { return true }
      if count < 0, errno != EINTR { return false }
      if deadline <= .now { return false }
    }
  }
}
