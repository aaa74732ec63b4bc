// The collector's thread: reads what services say and hands it to memory and file.

import Glibc
import Synchronization

/// The mover of a collector. Everything in it belongs to its thread.
struct LogMover: ~Copyable {
  private struct Pipe {
    let log: ServiceLog
    let source: LogWriter.Source
    var unfinished = UnfinishedLine()
  }

  private let core: CollectorCore
  private let poller: Poller
  private var pipes: [Int32: Pipe] = [:]
  private var writers: [ObjectIdentifier: (log: ServiceLog, writer: LogWriter)] = [:]
  private var scratch = LogScratch()
  /// One read, and with it what a single service may take before the next has its turn.
  private let block: UnsafeMutableRawBufferPointer

  private static let blockSize = 64 * 1024
  /// What is read at a run's end, or at ours, before we go on: a full pipe several times over. Who writes without end is not waited for.
  private static let drainBound = 4 << 20

  init(_ core: CollectorCore) throws(SystemError) {
    let poller = try Poller()
    try poller.add(core.bell.descriptor)
    self.core = core
    self.poller = poller
    block = .allocate(byteCount: Self.blockSize, alignment: 4096)
  }

  deinit { block.deallocate() }

  mutating func run() {
    var ready: [Int32] = []
    while true {
      poller.wait(into: &ready)
      // Orders first: a pipe that is new to us is not in `ready` before it was taken over here.
      let (orders, isClosed) = takeOrders(ready)
      for order in orders { perform(order) }
      if isClosed { break }
      for descriptor in ready where descriptor != core.bell.descriptor { _ = read(descriptor) }
    }
    for descriptor in Array(pipes.keys) {
      drain(descriptor)
      drop(descriptor)
    }
  }

  private func takeOrders(_ ready: [Int32]) -> (orders: [CollectorCore.Order], isClosed: Bool) {
    guard ready.contains(core.bell.descriptor) else { return ([], false) }
    core.bell.wait()
    return core.take()
  }

  private mutating func perform(_ order: CollectorCore.Order) {
    switch order {
    case .attach(let log, let run, let stream, let descriptor):
      pipes[descriptor] = Pipe(log: log, source: LogWriter.Source(run: run, stream: stream))
      do {
        try poller.add(descriptor)
      } catch {
        // The kernel's bound on watches is reached. The writer learns it, rather than to wait for ever.
        drop(descriptor)
      }
    case .release(let log, let run, let whenDrained):
      for (descriptor, pipe) in pipes where pipe.log === log && pipe.source.run == run {
        drain(descriptor)
        finish(descriptor)
      }
      whenDrained?()
    }
  }

  private mutating func drain(_ descriptor: Int32) {
    var moved = 0
    while moved < Self.drainBound {
      let count = read(descriptor)
      guard count > 0 else { return }
      moved += count
    }
  }

  /// Moves one block; returns its size, 0 if there was nothing.
  private mutating func read(_ descriptor: Int32) -> Int {
    // It may be gone since it was reported.
    guard pipes[descriptor] != nil else { return 0 }
    let count = uninterrupted { Glibc.read(descriptor, block.baseAddress, block.count) }
    if count > 0 {
      move(UnsafeRawBufferPointer(rebasing: block[0..<count]), from: descriptor)
      return count
    }
    // The end, or an error of this pipe alone; nothing to read is neither.
    if count == 0 || errno != EAGAIN { drop(descriptor) }
    return 0
  }

  private mutating func move(_ bytes: UnsafeRawBufferPointer, from descriptor: Int32) {
    let time = LineStamp.now()
    guard let (log, source) = pipes[descriptor].map({ ($0.log, $0.source) }) else { return }
    var unfinished = UnfinishedLine()
    if let index = pipes.index(forKey: descriptor) { swap(&unfinished, &pipes.values[index].unfinished) }
    log.record.withLock { $0.append(bytes, from: source, time: time, unfinished: &unfinished) }
    pipes[descriptor]?.unfinished = unfinished
    guard let writer = writer(of: log) else { return }
    let dropped = writer.write(bytes, from: source, time: time, scratch: &scratch)
    if dropped > 0 { log.record.withLock { $0.dropped(dropped, stream: source.stream) } }
  }

  private mutating func writer(of log: ServiceLog) -> LogWriter? {
    guard let path = log.policy.path else { return nil }
    if let known = writers[ObjectIdentifier(log)] { return known.writer }
    let core = core
    let file = LogFile(path: path, maxSize: log.policy.maxSize, maxFiles: log.policy.maxFiles) { core.pack($0, $1) }
    let writer = LogWriter(file: file, timestamps: log.policy.timestamps)
    writers[ObjectIdentifier(log)] = (log, writer)
    return writer
  }

  private mutating func finish(_ descriptor: Int32) {
    guard var unfinished = pipes[descriptor]?.unfinished, let pipe = pipes[descriptor] else { return }
    pipe.log.record.withLock { $0.finish(&unfinished, from: pipe.source, time: LineStamp.now()) }
    pipes[descriptor]?.unfinished = unfinished
  }

  private mutating func drop(_ descriptor: Int32) {
    finish(descriptor)
    pipes[descriptor] = nil
    poller.remove(descriptor)
    close(descriptor)
  }
}
