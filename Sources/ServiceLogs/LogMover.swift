// The collector's thread: reads what services say and hands it to memory and file.

import CLinux
import Glibc
import Linux
import Synchronization

/// The mover of a collector, as long as it does not hang: then another goes on with all that the core has.
struct LogMover: ~Copyable {
  private let core: CollectorCore
  private let duty: Duty
  private var composer = LogComposer()
  private var pace = MoverPace()
  /// One read, and with it what a single service may take before the next has its turn.
  private let block: UnsafeMutableRawBufferPointer

  static let blockSize = 128 * 1024
  /// What is read at a run's end, or at ours, before we go on: a full pipe several times over. Who writes without end is not waited for.
  private static let drainBound = 4 << 20
  /// What a pipe that was found full is made to hold: the largest that needs no privilege.
  private static let largePipe: Int32 = 1 << 20

  init(_ core: CollectorCore, _ duty: Duty) {
    self.core = core
    self.duty = duty
    block = .allocate(byteCount: Self.blockSize, alignment: 4096)
  }

  deinit { block.deallocate() }

  /// Moves until the collector is shut down, or another has taken over.
  mutating func run() {
    // Of the one that hangs, if we take over.
    core.keepPromise()
    var ready: [Int32] = []
    while duty.isOn {
      core.poller.wait(into: &ready, milliseconds: core.agenda.withLock { $0.wait })
      // Orders first: a pipe that is new to us is not in `ready` before it was taken over here. One by one, as everything: what is not
      // begun when we are found to hang is done by the one that takes over.
      if ready.contains(core.bell.descriptor) { core.bell.wait() }
      while duty.isOn {
        let (order, isOver) = core.next()
        if isOver { return finish() }
        guard let order else { break }
        perform(order)
      }
      pace.begin()
      for descriptor in ready where descriptor != core.bell.descriptor && duty.isOn { _ = read(descriptor) }
      while duty.isOn, let log = core.agenda.withLock({ $0.next() }) { look(at: log) }
      pace.end()
    }
  }

  /// The collector was shut down: moves what can be moved at once and lets go of all pipes.
  mutating func finish() {
    while duty.isOn, let descriptor = core.pipes.withLock({ $0.next { !core.moving.isHung($0.log.device) } }) {
      drain(descriptor)
      if duty.isOn { drop(descriptor) }
    }
    core.agenda.withLock { $0 = LookAgenda() }
  }

  private mutating func perform(_ order: CollectorCore.Order) {
    switch order {
    case .attach(let pipe):
      core.pipes.withLock { $0.add(pipe) }
      if let path = pipe.path { core.opening.withLock { _ = $0.remove(path) } }
      watch(pipe.descriptor)
    case .release(let log, let run, let whenDrained):
      core.promise(whenDrained)
      release(log, run: run)
      if duty.isOn { core.keepPromise() }
    case .resume(let device):
      let (parked, unreleased) = core.pipes.withLock { $0.resume(device) }
      for descriptor in parked { watch(descriptor) }
      _ = core.post(unreleased.map { .release($0.log, run: $0.run, whenDrained: nil) })
    case .look(let log, let then):
      core.promise(then)
      look(at: log)
      if duty.isOn { core.keepPromise() }
    case .end(let log):
      look(at: log, isFirst: false)
      core.agenda.withLock { $0.forget(log) }
      log.news { $0.endWaiting() }
    }
  }

  private mutating func watch(_ descriptor: Int32) {
    do {
      try core.poller.add(descriptor)
    } catch {
      // The kernel's bound on watches is reached. The writer learns it, rather than to wait for ever.
      drop(descriptor)
    }
  }

  /// A run's leader has ended. What a disk that hangs holds up is seen to when it answers: nobody waits for it.
  private mutating func release(_ log: ServiceLog, run: UInt64) {
    guard !core.moving.isHung(log.device) else { return core.pipes.withLock { $0.postpone(log, run: run) } }
    if log.direct != nil { look(at: log) }
    for descriptor in core.pipes.withLock({ $0.descriptors(of: log, run: run) }) where duty.isOn {
      drain(descriptor)
    }
    guard duty.isOn else { return core.pipes.withLock { $0.postpone(log, run: run) } }
    for stream in LogStream.allCases { log.finish(LogSource(run: run, stream: stream)) }
    log.forgetExpectations(of: run)
  }

  private mutating func drain(_ descriptor: Int32) {
    var moved = 0
    while moved < Self.drainBound, duty.isOn {
      let count = read(descriptor)
      guard count > 0 else { return }
      moved += count
    }
  }

  /// Moves one block; returns its size, 0 if there was nothing.
  private mutating func read(_ descriptor: Int32) -> Int {
    // It may be gone since it was reported.
    guard let pipe = core.pipes.withLock({ $0[descriptor] }) else { return 0 }
    if core.moving.isHung(pipe.log.device) {
      core.poller.remove(descriptor)
      core.pipes.withLock { $0.park(descriptor) }
      return 0
    }
    let count = uninterrupted { Glibc.read(descriptor, block.baseAddress, block.count) }
    if count > 0 {
      fit(pipe, to: count)
      move(UnsafeRawBufferPointer(rebasing: block[0..<count]), from: pipe)
      return count
    }
    // The end, or an error of this pipe alone; nothing to read is neither.
    if count == 0 || errno != EAGAIN { drop(descriptor) }
    return 0
  }

  /// A pipe that fills up between two reads is made larger: fewer and larger reads, and room for the time when nobody reads.
  private mutating func fit(_ pipe: LogPipe, to count: Int) {
    // No pipe is smaller than a page.
    guard count >= 2048 else { return pace.moved(0.1) }
    var capacity = pipe.capacity
    if capacity == 0 {
      capacity = Int(max(1, clinux_pipe_size(pipe.descriptor)))
      core.pipes.withLock { $0.note(pipe.descriptor, capacity: capacity) }
    }
    pace.moved(count == block.count ? 1 : Double(count) / Double(capacity))
    guard count * 2 > capacity, !pipe.isGrown, core.pipes.withLock({ $0.grow(pipe.descriptor, to: Int(Self.largePipe)) }) else { return }
    // An unprivileged user has only so much for pipes: then it stays as it is.
    if clinux_pipe_resize(pipe.descriptor, Self.largePipe) < 0 { core.pipes.withLock { $0.note(pipe.descriptor, capacity: capacity) } }
  }

  private mutating func move(_ bytes: UnsafeRawBufferPointer, from pipe: LogPipe) {
    let log = pipe.log
    let time = LineStamp.now()
    log.take(bytes, from: pipe.source, time: time)
    guard let path = log.path else { return }
    let (maxSize, stamps) = log.policy.withLock { ($0.maxSize, $0.timestamps) }
    duty.begin(Duty.Task(device: log.device, path: path))
    core.watchman.wake()
    let outcome = log.writer.withLock {
      $0.write(bytes, from: pipe.source, time: time, maxSize: maxSize, stamps: stamps, composer: &composer)
    }
    duty.end()
    if outcome.dropped > 0 { log.record.withLock { $0.dropped(outcome.dropped, stream: pipe.source.stream) } }
    if let trouble = outcome.trouble { core.tell(trouble) }
  }

  private mutating func drop(_ descriptor: Int32) {
    guard let pipe = core.pipes.withLock({ $0.remove(descriptor) }) else { return }
    pipe.log.finish(pipe.source)
    core.poller.remove(descriptor)
    close(descriptor)
    if let path = pipe.path { core.discard(path) }
  }

  // MARK: Direct logs

  private mutating func look(at log: ServiceLog, isFirst: Bool = true) {
    guard let direct = log.direct else { return }
    guard !core.moving.isHung(log.device) else { return core.agenda.withLock { $0.schedule(log, in: LookAgenda.interval) } }
    duty.begin(Duty.Task(device: direct.device, path: direct.path))
    core.watchman.wake()
    let look = direct.look(for: log, block)
    duty.end()
    switch look {
    case .busy(let isAwaited):
      core.agenda.withLock { $0.schedule(log, in: isAwaited ? LookAgenda.awaitedInterval : LookAgenda.interval) }
    case .quiet(let descriptor) where isFirst:
      core.agenda.withLock { $0.watch(log, descriptor, core.poller) }
      // What was written before it was watched would be seen only with what comes next.
      if duty.isOn { self.look(at: log, isFirst: false) }
    case .quiet, .nothing: break
    }
  }
}
