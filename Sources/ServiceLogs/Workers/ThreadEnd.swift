// Waiting for a thread's end, but not for ever.

import Glibc
import Linux

/// The end of a thread: told once by the thread itself, and then for all time.
final class ThreadEnd: Sendable {
  private let bell: Wakeup

  init() throws(SystemError) {
    bell = try Wakeup()
  }

  /// The thread's last deed.
  func tell() { bell.ring() }

  /// Waits until the thread has ended, or `deadline` has come. Whether it has ended.
  func wait(until deadline: SuspendingClock.Instant) -> Bool {
    var entry = pollfd(fd: bell.descriptor, events: Int16(POLLIN), revents: 0)
    while true {
      let left = (deadline - .now).components
      // Rounded up, so as not to ask again and again within the last millisecond; a bound of a day keeps it within an Int32.
      let milliseconds = left.seconds < 86_400 ? left.seconds * 1000 + left.attoseconds / 1_000_000_000_000_000 + 1 : 86_400_000
      let count = poll(&entry, 1, Int32(max(0, milliseconds)))
      if count > 0 { return true }
      if count < 0, errno != EINTR { return false }
      if deadline <= .now { return false }
    }
  }
}
