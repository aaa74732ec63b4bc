// Detects that a worker thread hangs in a blocking call.

import Glibc
import Linux
import Synchronization

/// Watches the leases of worker slots. Sleeps while no worker is in a blocking call.
final class HangDetector: Sendable {
  private let wakeup: Wakeup
  private let isAsleep = Atomic<Bool>(false)
  private let isOver = Atomic<Bool>(false)

  /// A call without progress for this many milliseconds (and at most twice as many) hangs.
  private static let patience: Int32 = 1000

  init() throws(SystemError) {
    wakeup = try Wakeup()
  }

  /// Wakes the detector at the beginning of a blocking call. Costs one load while the detector is awake.
  func wake() {
    // The worker counts its beat, then reads `isAsleep`; the detector sets `isAsleep`, then reads the beats. So one
    // of the two always sees the other.
    if isAsleep.load(ordering: .sequentiallyConsistent), isAsleep.exchange(false, ordering: .sequentiallyConsistent) { wakeup.ring() }
  }

  /// Ends `waitForHang`.
  func end() {
    isOver.store(true, ordering: .sequentiallyConsistent)
    wakeup.ring()
  }

  /// Waits until a thread hangs and replaces its lease. Returns the slot's index with the new lease; nil at
  /// the end.
  func waitForHang(in slots: [WorkerSlot]) -> (index: Int, lease: WorkerLease, hung: BlockingCall)? {
    var seen: [(lease: WorkerLease, pulse: UInt64)] = []
    while true {
      let limit = isAsleep.load(ordering: .sequentiallyConsistent) ? -1 : Self.patience
      let start = SuspendingClock.now
      _ = wait(for: wakeup.descriptor, milliseconds: limit)
      // We were stopped, and the worker with us: it has its time from now on.
      if limit > 0, SuspendingClock.now - start > .milliseconds(2 * limit) { seen = [] }
      wakeup.wait()
      if isOver.load(ordering: .sequentiallyConsistent) { return nil }
      let now = slots.map { slot in
        let lease = slot.lease
        return (lease: lease, pulse: lease.pulse)
      }
      let isSame = zip(seen, now).map { $0.lease === $1.lease && $0.pulse == $1.pulse }
      for (index, slot) in slots.enumerated() where index < isSame.count && isSame[index] && now[index].pulse % 2 == 1 {
        if let (lease, hung) = slot.replace(now[index].lease, at: now[index].pulse) { return (index, lease, hung) }
      }
      seen = now
      // No call is under way, and none began since the last look.
      if !isSame.isEmpty, isSame.allSatisfy({ $0 }), now.allSatisfy({ $0.pulse % 2 == 0 }) {
        isAsleep.store(true, ordering: .sequentiallyConsistent)
        let isQuiet = zip(slots, now).allSatisfy { $0.lease === $1.lease && $0.lease.pulse == $1.pulse }
        if !isQuiet { isAsleep.store(false, ordering: .sequentiallyConsistent) }
      }
    }
  }
}
