// What the threads and the logs of a collector share.

import Glibc
import Synchronization

/// The inbox of the collector's thread and of its packer.
final class CollectorCore: Sendable {
  enum Order: Sendable {
    /// Move what comes out of this pipe.
    case attach(ServiceLog, run: UInt64, LogStream, descriptor: Int32)
    /// The run's leader has ended.
    case release(ServiceLog, run: UInt64, whenDrained: (@Sendable () -> Void)?)
  }

  private struct Inbox {
    var orders: [Order] = []
    var packing: [(LogRotation, UInt64)] = []
    var isClosed = false
    var isPackingOver = false
  }

  private let inbox = Mutex(Inbox())
  let bell: Wakeup
  let packerBell: Wakeup
  /// The ends of the two threads.
  let moved: ThreadEnd
  let packed: ThreadEnd

  init() throws(SystemError) {
    bell = try Wakeup()
    packerBell = try Wakeup(semaphore: true)
    moved = try ThreadEnd()
    packed = try ThreadEnd()
  }

  /// False if the collector was shut down: then the order was not taken.
  func post(_ orders: [Order]) -> Bool {
    let isTaken = inbox.withLock { inbox in
      guard !inbox.isClosed else { return false }
      inbox.orders += orders
      return true
    }
    if isTaken { bell.ring() }
    return isTaken
  }

  func take() -> (orders: [Order], isClosed: Bool) {
    inbox.withLock { inbox in
      defer { inbox.orders.removeAll() }
      return (inbox.orders, inbox.isClosed)
    }
  }

  var isClosed: Bool { inbox.withLock { $0.isClosed } }

  func close() {
    inbox.withLock { $0.isClosed = true }
    bell.ring()
  }

  // MARK: Packing

  func pack(_ rotation: LogRotation, _ number: UInt64) {
    inbox.withLock { inbox in
      if !inbox.isPackingOver { inbox.packing.append((rotation, number)) }
    }
    packerBell.ring()
  }

  /// What is not packed yet stays as it is.
  func dropPacking() {
    inbox.withLock { inbox in
      inbox.isPackingOver = true
      inbox.packing.removeAll()
    }
    packerBell.ring()
  }

  /// The packer's work, until it is woken with nothing to do.
  func packUntilStopped() {
    while true {
      packerBell.wait()
      let next = inbox.withLock { $0.packing.isEmpty ? nil : $0.packing.removeFirst() }
      guard let (rotation, number) = next else { return }
      rotation.pack(number)
    }
  }
}
