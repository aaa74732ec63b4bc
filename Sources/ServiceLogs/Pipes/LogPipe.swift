// The pipes that are read, and who is behind them.

import Glibc

/// A pipe that is read, from the order to do so until its end.
struct LogPipe: Sendable {
  let log: ServiceLog
  let source: LogSource
  let descriptor: Int32
  /// Whether it is a FIFO, which is to be removed at the end.
  let isNamed: Bool
  /// How much it holds; 0 as long as that did not matter.
  var capacity = 0
  /// It has been made as large as it can be.
  var isGrown = false

  init(log: ServiceLog, source: LogSource, descriptor: Int32, isNamed: Bool) {
    self.log = log
    self.source = source
    self.descriptor = descriptor
    self.isNamed = isNamed
  }
}

extension LogPipe {
  /// Where its FIFO is.
  var path: String? {
    guard isNamed, let name = log.name else { return nil }
    return log.core.folder?.path(name: name, run: source.run, stream: source.stream)
  }
}

/// All pipes of a collector.
struct PipeTable {
  private var pipes: [Int32: LogPipe] = [:]
  private var ofLog: [ObjectIdentifier: [Int32]] = [:]
  /// Those that are not watched, since the disk of their log hangs.
  private var parked: Set<Int32> = []
  /// Runs whose ends are to be seen to when the disk answers.
  private var unreleased: [(log: ServiceLog, run: UInt64)] = []
  /// What the pipes that were made larger hold in all.
  private var grown = 0

  /// More is not given to pipes that were found full, whoever we are: a pipe's memory is the kernel's.
  private static let growthBound = 64 << 20

  subscript(descriptor: Int32) -> LogPipe? { pipes[descriptor] }

  mutating func add(_ pipe: LogPipe) {
    pipes[pipe.descriptor] = pipe
    ofLog[ObjectIdentifier(pipe.log), default: []].append(pipe.descriptor)
  }

  /// Takes one out, for its end; nil if another has.
  mutating func remove(_ descriptor: Int32) -> LogPipe? {
    guard let pipe = pipes.removeValue(forKey: descriptor) else { return nil }
    parked.remove(descriptor)
    if pipe.isGrown { grown -= pipe.capacity }
    let log = ObjectIdentifier(pipe.log)
    ofLog[log]?.removeAll { $0 == descriptor }
    if ofLog[log]?.isEmpty == true { ofLog[log] = nil }
    return pipe
  }

  /// The pipes of a run.
  func descriptors(of log: ServiceLog, run: UInt64) -> [Int32] {
    (ofLog[ObjectIdentifier(log)] ?? []).filter { pipes[$0]?.source.run == run }
  }

  /// One whose log is not on a disk that hangs.
  func next(where isReady: (LogPipe) -> Bool) -> Int32? {
    pipes.first { isReady($0.value) }?.key
  }

  /// The FIFOs that are read.
  var paths: Set<String> { Set(pipes.values.compactMap(\.path)) }

  // MARK: Size

  /// Whether there is room for one of this size among those that were made larger; if so it is taken.
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
    if pipes[descriptor] != nil { parked.insert(descriptor) }
  }

  mutating func postpone(_ log: ServiceLog, run: UInt64) { unreleased.append((log, run)) }

  /// What was left while the device hung.
  mutating func resume(_ device: UInt64) -> (parked: [Int32], unreleased: [(log: ServiceLog, run: UInt64)]) {
    let ready = parked.filter { pipes[$0]?.log.device == device }
    parked.subtract(ready)
    let runs = unreleased.filter { $0.log.device == device }
    unreleased.removeAll { $0.log.device == device }
    return (Array(ready), runs)
  }
}
