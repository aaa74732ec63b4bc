// The slot of one worker thread, which a replacement takes over when the thread hangs.

import Linux
import Synchronization

/// A slot for one thread at a time. A thread that hangs is left alone in its call; its replacement skips
/// everything on that device.
final class WorkerSlot: Sendable {
  private struct State {
    var lease: WorkerLease
    /// The devices that threads hang on, each with the number of its threads.
    var hung: [UInt64: Int] = [:]
  }

  /// The name of the thread.
  let name: String
  /// The end of the thread that holds the lease.
  let end: ThreadEnd
  private let detector: HangDetector
  private let state: Mutex<State>
  private let hungCount = Atomic<Int>(0)

  /// At most so many devices have a hung thread. The thread after that is not replaced, and its work waits
  /// for the disk.
  private static let hungBound = 8

  init(_ name: String, _ detector: HangDetector) throws(SystemError) {
    self.name = name
    self.detector = detector
    end = try ThreadEnd()
    state = Mutex(State(lease: WorkerLease(detector)))
  }

  /// The present lease.
  var lease: WorkerLease { state.withLock { $0.lease } }

  /// A lease outside of the slot, which the detector does not see and never revokes.
  var unwatchedLease: WorkerLease { WorkerLease(detector) }

  /// Whether work on this device has to wait. Costs one load as long as nothing hangs.
  func isHung(_ device: UInt64) -> Bool {
    guard hungCount.load(ordering: .acquiring) > 0 else { return false }
    return state.withLock { $0.hung[device] != nil }
  }

  /// Revokes a lease whose thread hangs and makes a new one for the replacement. nil if the thread has gone
  /// on since it had this pulse, or too many hang.
  func replace(_ lease: WorkerLease, at pulse: UInt64) -> (lease: WorkerLease, hung: BlockingCall)? {
    state.withLock { state in
      guard state.lease === lease, let call = lease.call, state.hung.count < Self.hungBound, lease.revoke(at: pulse) else { return nil }
      // The hung thread calls `answered` later, and cannot do so before this lock is released.
      state.hung[call.device, default: 0] += 1
      hungCount.add(1, ordering: .releasing)
      state.lease = WorkerLease(detector)
      return (state.lease, call)
    }
  }

  /// A replaced thread has gone on: its device answers.
  func answered(_ device: UInt64) {
    state.withLock { state in
      let count = (state.hung[device] ?? 1) - 1
      state.hung[device] = count > 0 ? count : nil
      hungCount.subtract(1, ordering: .releasing)
    }
  }
}
