// What the threads and the logs of a collector share.

import CLinux
import Glibc
import Linux
import Synchronization

/// The inbox of the collector's mover, the posts of its threads, and what all of its logs need.
final class CollectorCore: Sendable {
  enum Order: Sendable {
    /// Move what comes out of this pipe.
    case attach(LogPipe)
    /// The run's leader has ended.
    case release(ServiceLog, run: UInt64, whenDrained: (@Sendable () -> Void)?)
    /// A device that hung answers.
    case resume(device: UInt64)
    /// The file of a direct log is to be looked at.
    case look(ServiceLog, then: (@Sendable () -> Void)?)
    /// There will be no more of this log.
    case end(ServiceLog)
  }

  private struct Inbox {
    var orders: [Order] = []
    /// Those before it are done.
    var first = 0
    /// What is to be called when the order is done that is under way.
    var promise: (@Sendable () -> Void)?
    var isClosed = false
  }

  private let inbox = Mutex(Inbox())
  let bell: Wakeup
  let poller: Poller
  let pipes = Mutex(PipeTable())
  let agenda = Mutex(LookAgenda())
  /// Where FIFOs are made.
  let folder: PipeFolder?
  /// The paths of those that were made and are not known to the mover yet.
  let opening = Mutex<Set<String>>([])
  /// Whether the last FIFO could not be made: it is told once.
  let isUnnamed = Atomic<Bool>(false)
  /// All logs there are, for the end of those who wait for them.
  private let logs = Mutex<[WeakLog]>([])
  let packer: Packer
  let moving = Post("stoker-logs")
  let packing = Post("stoker-pack")
  let watchman: Watchman
  /// The ends of the two threads that work at them.
  let moved: ThreadEnd
  let packed: ThreadEnd
  let tell: @Sendable (LogTrouble) -> Void

  init(folder: PipeFolder?, onTrouble: @escaping @Sendable (LogTrouble) -> Void) throws(SystemError) {
    self.folder = folder
    tell = onTrouble
    bell = try Wakeup()
    poller = try Poller()
    packer = try Packer()
    watchman = try Watchman()
    moved = try ThreadEnd()
    packed = try ThreadEnd()
    try poller.add(bell.descriptor)
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

  /// The next order, for the mover; and if there is none, whether there will be none any more.
  func next() -> (order: Order?, isOver: Bool) {
    inbox.withLock { inbox in
      guard inbox.first < inbox.orders.count else { return (nil, inbox.isClosed) }
      defer {
        inbox.first += 1
        if inbox.first == inbox.orders.count {
          inbox.orders.removeAll()
          inbox.first = 0
        }
      }
      return (inbox.orders[inbox.first], false)
    }
  }

  /// This will be called when the order that is begun is done; by another mover, if this one hangs in it.
  func promise(_ call: (@Sendable () -> Void)?) { inbox.withLock { $0.promise = call } }

  func keepPromise() {
    let call = inbox.withLock { inbox in
      defer { inbox.promise = nil }
      return inbox.promise
    }
    call?()
  }

  var isClosed: Bool { inbox.withLock { $0.isClosed } }

  func close() {
    inbox.withLock { $0.isClosed = true }
    bell.ring()
  }

  func add(_ log: ServiceLog) {
    logs.withLock { logs in
      // Those that have gone are dropped whenever the list would have to grow.
      if logs.count == logs.capacity { logs.removeAll { $0.log == nil } }
      logs.append(WeakLog(log: log))
    }
  }

  /// Nobody waits for news any more.
  func endWaiting() {
    for log in logs.withLock({ $0.compactMap(\.log) }) { log.news { $0.endWaiting() } }
  }

  /// The FIFO of a stream that is over.
  func discard(_ path: String) {
    packer.add(.remove(path: path, device: folder?.device ?? 0))
  }

  /// The FIFOs that are read, or soon will be.
  var paths: Set<String> {
    // In this order: one that moves on meanwhile is seen twice rather than not at all.
    let paths = opening.withLock { $0 }
    return paths.union(pipes.withLock { $0.paths })
  }

  // MARK: Threads

  /// Detached: at the end a thread that hangs is left alone, so their ends are told by themselves, and not by `join`.
  func startThreads() throws(SystemError) -> NativeThread {
    let mover = moving.duty
    let packer = packing.duty
    let thread = try NativeThread(moving.name, isDetached: true) { self.work(at: self.moving, mover) }
    do {
      _ = try NativeThread(packing.name, isDetached: true) { self.work(at: self.packing, packer) }
      try startWatching()
    } catch {
      close()
      throw error
    }
    return thread
  }

  private func startWatching() throws(SystemError) {
    _ = try NativeThread("stoker-logwatch", isDetached: true) {
      guard let (post, duty, hung) = self.watchman.watch([self.moving, self.packing]) else { return }
      // Without another watchman the next one that hangs is waited for.
      try? self.startWatching()
      clinux_name_thread(post.name)
      if post === self.moving { self.tell(.hanging(path: hung.path)) }
      self.work(at: post, duty)
    }
  }

  private func work(at post: Post, _ duty: Duty) {
    if post === moving {
      var mover = LogMover(self, duty)
      mover.run()
    } else {
      packer.work(at: post, duty, watchman)
    }
    if duty.isOn { return (post === moving ? moved : packed).tell() }
    // Another has taken over meanwhile, and left out what is on this device.
    guard let task = duty.current else { return }
    post.answered(task.device)
    if post === packing { return packer.resume() }
    tell(.answering(path: task.path))
    if !self.post([.resume(device: task.device)]) {
      // The collector was shut down, and this was left out.
      var mover = LogMover(self, Duty())
      mover.finish()
    }
  }
}

private struct WeakLog {
  weak var log: ServiceLog?
}
