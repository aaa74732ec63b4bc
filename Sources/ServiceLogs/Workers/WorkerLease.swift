// The lease of a worker slot: held by one thread, revoked when the thread hangs.

import Synchronization

/// A call that takes as long as a disk does.
struct BlockingCall: Sendable {
  /// The device that the file is on.
  var device: UInt64
  var path: String
}

/// The blocking call a worker thread is in, published for the hang detector. Each replacement thread gets a
/// new lease.
final class WorkerLease: Sendable {
  /// Odd during a blocking call. The mark of a revoked lease is in the same word: revoking is one compare-and-swap
  /// on it, so it fails if the thread has just returned from its call.
  private let beats = Atomic<UInt64>(0)
  private static let revoked: UInt64 = 1 << 63
  private let latest = Mutex<BlockingCall?>(nil)
  private let detector: HangDetector

  init(_ detector: HangDetector) {
    self.detector = detector
  }

  /// A blocking call begins.
  func begin(_ call: BlockingCall) {
    latest.withLock { $0 = call }
    beats.add(1, ordering: .sequentiallyConsistent)
    detector.wake()
  }

  /// The call makes progress.
  func progress() { beats.add(2, ordering: .relaxed) }

  /// The call has returned.
  func end() { beats.add(1, ordering: .sequentiallyConsistent) }

  /// Whether no replacement has taken the slot over. A thread whose lease was revoked during a call begins
  /// nothing more.
  var isHeld: Bool { beats.load(ordering: .sequentiallyConsistent) & Self.revoked == 0 }

  /// The present call, or the last one.
  var call: BlockingCall? { latest.withLock { $0 } }

  // MARK: The detector's side

  /// Changes with each beginning, progress and end of a call.
  var pulse: UInt64 { beats.load(ordering: .sequentiallyConsistent) }

  /// Revokes the lease. False if the thread has gone on since it had this pulse.
  func revoke(at pulse: UInt64) -> Bool {
    beats.compareExchange(expected: pulse, desired: pulse | Self.revoked, ordering: .sequentiallyConsistent).exchanged
  }
}
