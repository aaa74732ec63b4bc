// Worker threads that are replaced when they hang in a blocking call.

import CLinux
import Glibc
import Linux

/// The work of one slot.
protocol Worker: AnyObject, Sendable {
  var slot: WorkerSlot { get }
  /// Works on the slot's thread until the work is over or the lease is revoked.
  func work(on lease: WorkerLease)
  /// A thread hangs in this call and has been replaced.
  func hangs(in call: BlockingCall)
  /// The replaced thread's call has returned: the device answers again.
  func returned(from call: BlockingCall)
}

/// The threads of some workers, and the thread of their hang detector.
final class WorkerPool: Sendable {
  let detector: HangDetector

  init() throws(SystemError) {
    detector = try HangDetector()
  }

  /// Starts a thread for each worker, and the detector's. They are detached, since a thread that hangs at the
  /// end is left alone: a slot's `end` signals the end of its thread, instead of `join`.
  func start(_ workers: [any Worker]) throws(SystemError) -> [NativeThread] {
    var threads: [NativeThread] = []
    for worker in workers {
      let lease = worker.slot.lease
      threads.append(try NativeThread(worker.slot.name, isDetached: true) { Self.run(worker, lease) })
    }
    try startDetector(for: workers)
    return threads
  }

  /// The detector's thread takes over the slot of a thread that hangs; a new thread continues the detection.
  private func startDetector(for workers: [any Worker]) throws(SystemError) {
    let slots = workers.map(\.slot)
    _ = try NativeThread("stoker-logwatch", isDetached: true) {
      guard let (index, lease, hung) = self.detector.waitForHang(in: slots) else { return }
      // Without a detector the next thread that hangs is waited for.
      try? self.startDetector(for: workers)
      let worker = workers[index]
      clinux_name_thread(worker.slot.name)
      worker.hangs(in: hung)
      Self.run(worker, lease)
    }
  }

  private static func run(_ worker: any Worker, _ lease: WorkerLease) {
    worker.work(on: lease)
    if lease.isHeld { return worker.slot.end.signal() }
    // A replacement has the slot, and has skipped everything on this device.
    guard let call = lease.call else { return }
    worker.slot.answered(call.device)
    worker.returned(from: call)
  }
}
