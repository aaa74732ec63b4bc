// A wake-up without a descriptor, for a thread that waits for nothing else.

import Glibc

/// A condition variable that wakes the one thread that waits on it. A ring without a waiting thread is kept for the
/// next wait.
package final class Bell: Sendable {
  private struct Parts {
    var lock = pthread_mutex_t()
    var rung = pthread_cond_t()
    var isRung = false
  }

  // Made before any other thread can know it, and then touched only under the lock inside it.
  private nonisolated(unsafe) let parts: UnsafeMutablePointer<Parts>

  /// A bell that has not been rung.
  package init() {
    parts = .allocate(capacity: 1)
    parts.initialize(to: Parts())
    pthread_mutex_init(&parts.pointee.lock, nil)
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(&parts.pointee.rung, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_cond_destroy(&parts.pointee.rung)
    pthread_mutex_destroy(&parts.pointee.lock)
    parts.deinitialize(count: 1)
    parts.deallocate()
  }

  /// Wakes the waiting thread, or lets the next wait return at once.
  package func ring() {
    pthread_mutex_lock(&parts.pointee.lock)
    parts.pointee.isRung = true
    pthread_cond_signal(&parts.pointee.rung)
    pthread_mutex_unlock(&parts.pointee.lock)
  }

  /// Waits for a ring and takes it, or until `deadline`; nil: without a limit.
  package func wait(until deadline: SuspendingClock.Instant?) {
    pthread_mutex_lock(&parts.pointee.lock)
    defer {
      parts.pointee.isRung = false
      pthread_mutex_unlock(&parts.pointee.lock)
    }
    guard let deadline else {
      while !parts.pointee.isRung { pthread_cond_wait(&parts.pointee.rung, &parts.pointee.lock) }
      return
    }
    var end = Self.time(of: deadline)
    while !parts.pointee.isRung {
      guard pthread_cond_timedwait(&parts.pointee.rung, &parts.pointee.lock, &end) == 0 else { return }
    }
  }

  /// The deadline on CLOCK_MONOTONIC, which SuspendingClock is here without showing its numbers.
  private static func time(of deadline: SuspendingClock.Instant) -> timespec {
    let left = max(.zero, min(deadline - .now, .seconds(86_400))).components
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    let nanoseconds = now.tv_nsec + Int(left.attoseconds / 1_000_000_000)
    return timespec(tv_sec: now.tv_sec + Int(left.seconds) + nanoseconds / 1_000_000_000, tv_nsec: nanoseconds % 1_000_000_000)
  }
}
