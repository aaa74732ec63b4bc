// The pipes that the pump reads, each with its log and run.

import Glibc

/// A pipe that is read, from its `attach` until its end.
struct LogPipe: Sendable {
  let log: PipedLog
  let source: LogSource
  let descriptor: Int32
  /// Its FIFO, which is removed at the end; nil if it has no name.
  let fifo: FIFO?
  /// Its size; 0 until it is first needed.
  var capacity = 0
  /// Whether it has been enlarged as far as it can be.
  var isGrown = false

  init(log: PipedLog, source: LogSource, descriptor: Int32, fifo: FIFO?) {
    self.log = log
    self.source = source
    self.descriptor = descriptor
    self.fifo = fifo
  }
}

/// All pipes of a collector.
struct PipeTable {
  private var pipes: [Int32: LogPipe] = [:]
  private var ofLog: [ObjectIdentifier: [Int32]] = [:]
  /// Streams whose readers are slower than the services, by the descriptors that have to be writable.
  private var awaited: [Int32: AwaitedStream] = [:]
  /// Pipes that are not watched, since the disk of their log hangs, or its reader is awaited; with their places in the queue.
  private var parked: [Int32: UInt64] = [:]
  private var nextPlace: UInt64 = 0
  /// The total size of all pipes that were enlarged.
  private var grown = 0

  /// The largest total size of enlarged pipes, for root too: a pipe's memory is the kernel's.
  private static let growthBound = 64 << 20

  subscript(descriptor: Int32) -> LogPipe? { pipes[descriptor] }

  mutating func add(_ pipe: LogPipe) {
    pipes[pipe.descriptor] = pipe
    ofLog[ObjectIdentifier(pipe.log), default: []].append(pipe.descriptor)
  }

  /// Removes a pipe at its end; nil if another thread has removed it.
  mutating func remove(_ descriptor: Int32) -> LogPipe? {
    guard let pipe = pipes.removeValue(forKey: descriptor) else { return nil }
    parked[descriptor] = nil
    if pipe.isGrown { grown -= pipe.capacity }
    let log = ObjectIdentifier(pipe.log)
    ofLog[log]?.removeAll { $0 == descriptor }
    if ofLog[log]?.isEmpty == true { ofLog[log] = nil }
    return pipe
  }

  /// The pipes of a run.
  func descriptors(of log: PipedLog, run: UInt64) -> [Int32] {
    (ofLog[ObjectIdentifier(log)] ?? []).filter { pipes[$0]?.source.run == run }
  }

  /// Any pipe that fulfils a condition, and whose log waits for no reader.
  func next(where isReady: (LogPipe) -> Bool) -> Int32? {
    pipes.first { !isAwaiting($0.value.log) && isReady($0.value) }?.key
  }

  /// The FIFOs that are read.
  var paths: Set<String> { Set(pipes.values.compactMap(\.fifo?.path)) }

  // MARK: Size

  /// Reserves the room for enlarging a pipe to this size. False if the bound would be exceeded.
  mutating func grow(_ descriptor: Int32, to size: Int) -> Bool {
    guard grown + size <= Self.growthBound, pipes[descriptor]?.isGrown == false else { return false }
    grown += size
    pipes[descriptor]?.capacity = size
    pipes[descriptor]?.isGrown = true
    return true
  }

  mutating func note(_ descriptor: Int32, capacity: Int) {
    if let pipe = pipes[descriptor], pipe.isGrown { grown += capacity - pipe.capacity }
    pipes[descriptor]?.capacity = capacity
  }

  // MARK: Disks that hang

  mutating func park(_ descriptor: Int32) {
    guard pipes[descriptor] != nil, parked[descriptor] == nil else { return }
    nextPlace += 1
    parked[descriptor] = nextPlace
  }

  // MARK: Slow readers

  /// Has a log, and all others of this stream, wait until it can be written to. False if they wait already.
  mutating func wait(_ log: PipedLog, for sink: StreamSink) -> Bool {
    let isNew = awaited[sink.descriptor] == nil
    awaited[sink.descriptor, default: AwaitedStream(sink: sink)].add(log)
    return isNew
  }

  /// The stream that is waited for.
  func waiting(for descriptor: Int32) -> AwaitedStream? { awaited[descriptor] }

  /// Whether a log waits for its reader.
  func isAwaiting(_ log: PipedLog) -> Bool { !awaited.isEmpty && awaited.values.contains { $0.holdsUp(log) } }

  /// All streams that are waited for.
  var allAwaited: [AwaitedStream] { Array(awaited.values) }

  /// Ends the wait for a descriptor, and takes the pipes that were parked meanwhile, the first ones first: each has its turn.
  mutating func endWait(for descriptor: Int32) -> [Int32] {
    guard let stream = awaited.removeValue(forKey: descriptor) else { return [] }
    return unpark { stream.holdsUp($0.log) }
  }

  /// Ends all waits, at the end of the collector.
  mutating func endAllWaits() -> [AwaitedStream] {
    defer { awaited = [:] }
    return allAwaited
  }

  /// Takes the pipes that were parked while the device hung.
  mutating func resume(_ device: UInt64) -> [Int32] {
    unpark { $0.log.device == device }
  }

  private mutating func unpark(where isReady: (LogPipe) -> Bool) -> [Int32] {
    let ready = parked.filter { pipes[$0.key].map(isReady) ?? false }
    for descriptor in ready.keys { parked[descriptor] = nil }
    return ready.sorted { $0.value < $1.value }.map(\.key)
  }
}
