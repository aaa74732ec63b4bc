// The collector's thread: reads the output of services and passes it to memory and file.

import CLinux
import Glibc
import Linux
import Synchronization

/// The pump of a collector on one thread. When the thread hangs, another pump continues with the shared state
/// in the core.
struct LogPump: ~Copyable {
  private let core: CollectorCore
  private let lease: WorkerLease
  private var composer = LogComposer()
  private var pacing = PumpPacing()
  /// The buffer of one read, and with it the amount that one service may write before the next has its turn.
  private let block: UnsafeMutableRawBufferPointer

  static let blockSize = 128 * 1024
  /// The bytes that are read at most at the end of a run, or at ours: a full pipe several times over. A
  /// process that writes without end is not waited for.
  private static let drainBound = 4 << 20
  /// The size that a full pipe is enlarged to: the largest that needs no privilege.
  private static let largePipe: Int32 = 1 << 20
  /// The time that readers of pipes and terminals have at the end.
  private static let readersTime = Duration.seconds(2)

  init(_ core: CollectorCore, _ lease: WorkerLease) {
    self.core = core
    self.lease = lease
    block = .allocate(byteCount: Self.blockSize, alignment: 4096)
  }

  deinit { block.deallocate() }

  /// Pumps until the collector is shut down, or the lease is revoked.
  mutating func run() {
    // A predecessor that hangs in a task will not call its completion, so it is called here.
    core.tasks.complete()
    let wakeup = core.tasks.wakeup
    var ready: [Int32] = []
    while lease.isHeld {
      core.poller.wait(into: &ready, milliseconds: core.schedule.withLock { $0.wait })
      // Tasks first: a new pipe cannot be in `ready` before it was attached here. Everything is done one by
      // one: work that has not begun when this thread hangs is left to the replacement.
      if ready.contains(wakeup.descriptor) { wakeup.wait() }
      while lease.isHeld {
        let (task, isOver) = core.tasks.next()
        if isOver { return finish() }
        guard let task else { break }
        perform(task)
      }
      pacing.begin()
      for descriptor in ready where descriptor != wakeup.descriptor && lease.isHeld { _ = read(descriptor) }
      while lease.isHeld, let log = core.schedule.withLock({ $0.next() }) { look(at: log) }
      pacing.end()
    }
  }

  /// Reads the output that is there and closes all pipes, after the shutdown of the collector. Readers that are slower get a moment.
  mutating func finish() {
    let end = SuspendingClock.now + Self.readersTime
    repeat {
      while lease.isHeld, let descriptor = core.pipes.withLock({ $0.next { !core.slot.isHung($0.log.device) } }) {
        drain(descriptor)
        if lease.isHeld, !isAwaiting(descriptor) { drop(descriptor) }
      }
    } while lease.isHeld && awaitReaders(until: end)
    var slow = core.pipes.withLock { $0.endAllWaits() }
    while lease.isHeld, let descriptor = core.pipes.withLock({ $0.next { !core.slot.isHung($0.log.device) } }) {
      drop(descriptor)
      slow += core.pipes.withLock { $0.endAllWaits() }
    }
    for stream in slow where lease.isHeld { giveUp(stream) }
    core.schedule.withLock { $0 = DirectLogSchedule() }
  }

  /// Waits until a reader has made room, and writes on. False if there is none that is waited for, or the time is over.
  private mutating func awaitReaders(until end: SuspendingClock.Instant) -> Bool {
    var entries = core.pipes.withLock { $0.allAwaited }.map { pollfd(fd: $0.sink.descriptor, events: Int16(POLLOUT), revents: 0) }
    let left = (end - .now) / .milliseconds(1)
    guard !entries.isEmpty, left > 0, poll(&entries, nfds_t(entries.count), Int32(left)) >= 0 || errno == EINTR else { return false }
    for entry in entries where entry.revents != 0 {
      if let stream = core.pipes.withLock({ $0.waiting(for: entry.fd) }) { flush(stream) }
    }
    return true
  }

  private mutating func perform(_ task: LogTask) {
    switch task {
    case .attach(let pipe):
      core.pipes.withLock { $0.add(pipe) }
      if let path = pipe.fifo?.path { core.opening.withLock { _ = $0.remove(path) } }
      watch(pipe.descriptor)
    case .release(let log, let run, let whenDrained):
      core.tasks.begin(completion: whenDrained)
      release(log, run: run)
      if lease.isHeld { core.tasks.complete() }
    case .resume(let device):
      for descriptor in core.pipes.withLock({ $0.resume(device) }) { watch(descriptor) }
      core.tasks.resume(device)
    case .look(let log, let then):
      core.tasks.begin(completion: then)
      look(at: log)
      if lease.isHeld { core.tasks.complete() }
    case .end(let log):
      if let direct = log.direct {
        look(at: direct, isFirst: false)
        core.schedule.withLock { $0.forget(direct) }
      }
      log.feed.endWaiting()
    }
  }

  private mutating func watch(_ descriptor: Int32) {
    do {
      try core.poller.add(descriptor)
    } catch {
      // The kernel's bound on watches is reached. The writer gets an error, instead of waiting without end.
      drop(descriptor)
    }
  }

  /// A run's leader has exited. On a disk that hangs this is postponed until the disk answers, and behind a slow reader until that has
  /// read: nothing waits for it.
  private mutating func release(_ log: ServiceLog, run: UInt64) {
    guard !log.devices.contains(where: core.slot.isHung) else { return core.tasks.postpone(log, run: run) }
    switch log.kind {
    case .direct(let direct): look(at: direct)
    case .piped(let piped):
      for part in piped.all {
        for descriptor in core.pipes.withLock({ $0.descriptors(of: part, run: run) }) where lease.isHeld { drain(descriptor) }
        if core.pipes.withLock({ $0.isAwaiting(part) }) { return core.tasks.postpone(log, run: run) }
      }
    }
    guard lease.isHeld else { return core.tasks.postpone(log, run: run) }
    for stream in LogStream.allCases { finishLine(of: LogSource(run: run, stream: stream), log) }
    log.feed.forgetExpectations(of: run)
  }

  private mutating func drain(_ descriptor: Int32) {
    var moved = 0
    while moved < Self.drainBound, lease.isHeld {
      let count = read(descriptor)
      guard count > 0 else { return }
      moved += count
    }
  }

  /// Moves one block; returns its size, 0 if there was nothing.
  private mutating func read(_ descriptor: Int32) -> Int {
    let (pipe, isWaiting, waiting) = core.pipes.withLock { table in
      let pipe = table[descriptor]
      return (pipe, pipe.map { table.isAwaiting($0.log) } ?? false, pipe == nil ? table.waiting(for: descriptor) : nil)
    }
    guard let pipe else {
      // A reader has made room; or the pipe has been closed since it was reported.
      if let waiting { flush(waiting) }
      return 0
    }
    if isWaiting || core.slot.isHung(pipe.log.device) {
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

  /// Enlarges a pipe that fills up between two reads: fewer and larger reads, and room for the time without a
  /// reader.
  private mutating func fit(_ pipe: LogPipe, to count: Int) {
    // No pipe is smaller than a page.
    guard count >= 2048 else { return pacing.moved(0.1) }
    var capacity = pipe.capacity
    if capacity == 0 {
      capacity = Int(max(1, clinux_pipe_size(pipe.descriptor)))
      core.pipes.withLock { $0.note(pipe.descriptor, capacity: capacity) }
    }
    pacing.moved(count == block.count ? 1 : Double(count) / Double(capacity))
    guard count * 2 > capacity, !pipe.isGrown, core.pipes.withLock({ $0.grow(pipe.descriptor, to: Int(Self.largePipe)) }) else { return }
    // The memory for an unprivileged user's pipes is bounded: beyond that the pipe keeps its size.
    if clinux_pipe_resize(pipe.descriptor, Self.largePipe) < 0 { core.pipes.withLock { $0.note(pipe.descriptor, capacity: capacity) } }
  }

  private mutating func move(_ bytes: UnsafeRawBufferPointer, from pipe: LogPipe) {
    let log = pipe.log
    let time = LineStamp.now()
    log.feed.append(bytes, from: pipe.source, time: time)
    guard let path = log.path else { return }
    let settings = log.settings.withLock { $0 }
    lease.begin(BlockingCall(device: log.device, path: path))
    let result = log.writer.withLock { [lease] in
      // Many small files take a while to put aside, on a busy machine longer than the detector waits for a disk.
      $0.write(bytes, from: pipe.source, time: time, settings, composer: &composer) { lease.progress() }
    }
    lease.end()
    take(result, of: log, pipe.source.stream)
  }

  private func take(_ result: LogWriter.WriteResult, of log: PipedLog, _ stream: LogStream) {
    if result.dropped > 0 { log.feed.record.withLock { $0.dropped(result.dropped, stream: stream) } }
    if let trouble = result.trouble { core.report(trouble) }
    if let sink = result.awaited { wait(log, for: sink) }
  }

  /// An unfinished line counts as a line, and is written if it was held, since its writer is done.
  private mutating func finishLine(of source: LogSource, _ log: ServiceLog) {
    log.feed.finishLine(of: source)
    if case .piped(let piped) = log.kind { finishHeld(source, piped.log(of: source.stream)) }
  }

  private mutating func finishHeld(_ source: LogSource, _ log: PipedLog) {
    guard let path = log.path, core.holdsLines(of: log) else { return }
    let settings = log.settings.withLock { $0 }
    lease.begin(BlockingCall(device: log.device, path: path))
    let result = log.writer.withLock { $0.finish(source, time: LineStamp.now(), settings, composer: &composer) }
    lease.end()
    if let result { take(result, of: log, source.stream) }
  }

  // MARK: Slow readers

  private func isAwaiting(_ descriptor: Int32) -> Bool {
    core.pipes.withLock { table in table[descriptor].map { table.isAwaiting($0.log) } ?? false }
  }

  /// The reader of a stream is slower than the services: the pipes of all logs that go there are not read until there is room, and all
  /// others are.
  private func wait(_ log: PipedLog, for sink: StreamSink) {
    guard core.pipes.withLock({ $0.wait(log, for: sink) }) else { return }
    do {
      try core.poller.addWriting(sink.descriptor)
    } catch {
      // Without a watch it would wait without end.
      if let stream = core.pipes.withLock({ $0.waiting(for: sink.descriptor) }) { giveUp(stream) }
      _ = core.pipes.withLock { $0.endWait(for: sink.descriptor) }
    }
  }

  private func giveUp(_ stream: AwaitedStream) { lose(stream.sink.drop(), of: stream) }

  /// Counts bytes that nobody will read, and reports why, for each log that had some of them.
  private func lose(_ count: Int, of stream: AwaitedStream, _ error: SystemError? = nil) {
    var left = count
    for log in stream.logs where left > 0 {
      let (lost, trouble) = log.writer.withLock { writer in
        (writer.lose(atMost: left), error.flatMap { writer.failed($0) })
      }
      left -= lost
      log.feed.record.withLock { $0.dropped(lost, stream: .stdout) }
      if let trouble { core.report(trouble) }
    }
  }

  /// Writes what a stream holds for its reader; when all is written, the pipes of its logs are read again.
  private mutating func flush(_ stream: AwaitedStream) {
    lease.begin(BlockingCall(device: stream.sink.device, path: stream.logs.first?.path ?? ""))
    let result = stream.sink.flush()
    lease.end()
    switch result {
    case .waiting: return
    case .written: break
    case .lost(let count, let error): lose(count, of: stream, error)
    }
    core.poller.remove(stream.sink.descriptor)
    for pipe in core.pipes.withLock({ $0.endWait(for: stream.sink.descriptor) }) { watch(pipe) }
    for device in stream.devices { core.tasks.resume(device) }
  }

  private mutating func drop(_ descriptor: Int32) {
    guard let pipe = core.pipes.withLock({ $0.remove(descriptor) }) else { return }
    pipe.log.feed.finishLine(of: pipe.source)
    finishHeld(pipe.source, pipe.log)
    core.poller.remove(descriptor)
    close(descriptor)
    if let fifo = pipe.fifo { core.discard(fifo) }
  }

  // MARK: Direct logs

  private mutating func look(at log: DirectLog, isFirst: Bool = true) {
    guard !core.slot.isHung(log.device) else { return core.schedule.withLock { $0.schedule(log, in: DirectLogSchedule.interval) } }
    lease.begin(BlockingCall(device: log.device, path: log.path))
    let look = log.look(block)
    lease.end()
    switch look {
    case .busy(let isAwaited):
      core.schedule.withLock { $0.schedule(log, in: isAwaited ? DirectLogSchedule.awaitedInterval : DirectLogSchedule.interval) }
    case .quiet(let descriptor) where isFirst:
      core.schedule.withLock { $0.watch(log, descriptor, core.poller) }
      // Bytes that were written before the watch began would be noticed only with the next write.
      if lease.isHeld { self.look(at: log, isFirst: false) }
    case .quiet, .nothing: break
    }
  }
}
