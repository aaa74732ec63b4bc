// An event counter, through which other threads wake a waiting thread.

import CLinux
import Glibc

/// A descriptor that becomes readable after a call of `ring()`; closed with the last reference.
package final class Wakeup: Sendable {
  package let descriptor: Int32

  /// - Parameter semaphore: each `ring` lets one `wait()` pass, instead of any number making it readable
  ///   once.
  package init(semaphore: Bool = false) throws(SystemError) {
    descriptor = try system { clinux_eventfd(semaphore ? 1 : 0) }
  }

  deinit { close(descriptor) }

  package func ring(_ count: UInt64 = 1) { clinux_eventfd_add(descriptor, count) }

  /// Makes it unreadable again (or, for a semaphore, waits for a ring and takes it).
  package func wait() { clinux_eventfd_take(descriptor) }
}
