// The shared state of a collector's threads and logs.

import Glibc
import Linux
import Synchronization

/// The pump's tasks, pipes and schedule, and the parts that all logs of a collector use.
final class CollectorCore: Sendable {
  let tasks: LogTaskQueue
  let poller: Poller
  let pipes = Mutex(PipeTable())
  let schedule = Mutex(DirectLogSchedule())
  /// The directory of FIFOs.
  let directory: FIFODirectory?
  /// The paths of FIFOs that were made and have not reached the pump yet.
  let opening = Mutex<Set<String>>([])
  /// Whether the last FIFO could not be made: reported once.
  let isUnnamed = Atomic<Bool>(false)
  /// The feeds of all logs, for the end of waiting readers.
  private let feeds = Mutex<[WeakFeed]>([])
  /// The standard outputs that logs go to.
  let sinks = StreamSinks()
  private let sharedFiles = SharedFiles()
  let maintenance: LogMaintenance
  let slot: WorkerSlot
  private let pool: WorkerPool
  /// Reports trouble to the owner of the collector.
  let report: @Sendable (LogTrouble) -> Void

  init(directory: FIFODirectory?, onTrouble: @escaping @Sendable (LogTrouble) -> Void) throws(SystemError) {
    self.directory = directory
    report = onTrouble
    tasks = try LogTaskQueue()
    poller = try Poller()
    pool = try WorkerPool()
    slot = try WorkerSlot("stoker-logs", pool.detector)
    maintenance = try LogMaintenance(pool.detector)
    try poller.add(tasks.wakeup.descriptor)
  }

  /// Starts the threads; returns the pump's.
  func start() throws(SystemError) -> NativeThread? {
    do {
      return try pool.start([self, maintenance]).first
    } catch {
      tasks.close()
      maintenance.finish()
      throw error
    }
  }

  /// Ends the hang detector, and all waits for new lines.
  func end() {
    pool.detector.end()
    for feed in feeds.withLock({ $0.compactMap(\.feed) }) { feed.endWaiting() }
  }

  func add(_ feed: LogFeed) {
    feeds.withLock { feeds in
      // Entries of logs that are gone are dropped whenever the list would have to grow.
      if feeds.count == feeds.capacity { feeds.removeAll { $0.feed == nil } }
      feeds.append(WeakFeed(feed: feed))
    }
  }

  /// Whether unfinished lines of a log may be held: where others write between its lines.
  func holdsLines(of log: PipedLog) -> Bool { log.isShared || sinks.isDevice(log.device) }

  /// A log of pipes; those that share a file have one for all.
  func log(_ policy: LogPolicy, name: String?, device: UInt64, feed: LogFeed, errors: PipedLog? = nil) -> PipedLog {
    let path = policy.isShared ? policy.path : nil
    let shared = path.map { path in
      sharedFiles.file(at: path) {
        SharedFile(
          path: path, sparing: policy.spared, maxFiles: policy.maxFiles, device: device, sinks: sinks, maintenance: maintenance)
      }
    }
    return PipedLog(
      policy, name: name, device: device, feed: feed, errors: errors, shared: shared, directory: directory, sinks: sinks,
      maintenance: maintenance)
  }

  /// Removes the FIFO of a stream that has ended.
  func discard(_ fifo: FIFO) {
    maintenance.add(.removeFIFO(fifo, device: directory?.device ?? 0))
  }

  /// The FIFOs that are read, or soon will be.
  var paths: Set<String> {
    // In this order: a FIFO that moves from one to the other meanwhile is seen twice, and never missed.
    let paths = opening.withLock { $0 }
    return paths.union(pipes.withLock { $0.paths })
  }
}

// MARK: The pump's worker

extension CollectorCore: Worker {
  func work(on lease: WorkerLease) {
    var pump = LogPump(self, lease)
    pump.run()
  }

  func hangs(in call: BlockingCall) { report(.hanging(path: call.path)) }

  func returned(from call: BlockingCall) {
    report(.answering(path: call.path))
    guard !tasks.post([.resume(device: call.device)]) else { return }
    // The collector was shut down meanwhile, and skipped this device.
    var pump = LogPump(self, slot.unwatchedLease)
    pump.finish()
  }
}

private struct WeakFeed {
  weak var feed: LogFeed?
}
