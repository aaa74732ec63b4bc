// The log of one service: its last lines, its counters, and its file.

import Glibc
import Synchronization

/// The log of one service, over all of its runs.
package final class ServiceLog: Sendable {
  /// How the output reaches the file.
  enum Kind {
    /// Through pipes, pumped by the collector.
    case piped(PipedLog)
    /// Written by the service itself.
    case direct(DirectLog)
  }

  let kind: Kind
  /// The device of the file: logs on a disk that hangs are left alone together.
  let device: UInt64
  let feed: LogFeed
  let core: CollectorCore

  /// - Parameter errorDevice: The device of the file of standard error, where that has its own.
  init(_ policy: LogPolicy, name: String?, device: UInt64, errorDevice: UInt64, core: CollectorCore) {
    self.device = device
    self.core = core
    if policy.mode == .direct, let path = policy.path {
      feed = LogFeed(lines: policy.memoryLines, isCounting: false)
      let direct = DirectLog(
        policy, path: path, device: device, feed: feed, rotation: LogRotation(path: path, maxFiles: policy.maxFiles),
        maintenance: core.maintenance, report: core.report)
      kind = .direct(direct)
    } else {
      feed = LogFeed(lines: policy.memoryLines, isCounting: true)
      let errors = policy.ofErrors.map { [feed] in core.log($0, name: name, device: errorDevice, feed: feed) }
      kind = .piped(core.log(policy, name: name, device: device, feed: feed, errors: errors))
    }
  }

  /// The direct log; nil where the output comes through pipes.
  var direct: DirectLog? {
    switch kind {
    case .piped: nil
    case .direct(let direct): direct
    }
  }

  /// Whether the output of runs comes in one stream.
  private var isMerged: Bool {
    switch kind {
    case .piped(let piped): piped.settings.withLock { $0.streams != .split }
    case .direct: true
    }
  }

  /// The devices of its files, one for each.
  var devices: [UInt64] {
    switch kind {
    case .piped(let piped): piped.all.map(\.device)
    case .direct: [device]
    }
  }

  /// Applies another policy without a restart: size and number of files, names and times, lines in memory; and the pipes of the next run.
  /// Path and mode stay the same.
  package func apply(_ policy: LogPolicy) {
    feed.record.withLock { $0.limit(to: policy.memoryLines) }
    // Files beyond the new number are removed.
    switch kind {
    case .piped(let piped):
      piped.apply(policy)
      for log in piped.all where log.path?.isEmpty == false { core.maintenance.add(.pack(log.rotation, device: log.device)) }
    case .direct(let direct):
      direct.rotation.keep(policy.maxFiles)
      direct.maxSize.store(max(1, policy.maxSize), ordering: .relaxed)
      _ = core.tasks.post([.look(direct, then: nil)])
      core.maintenance.add(.pack(direct.rotation, device: device))
    }
  }

  /// Notes that the run's leader has exited: its output so far is read, and an unfinished line counts as a
  /// line. Processes that still have the pipes are read on. `whenDrained` is called on the collector's thread
  /// when the run's last lines are in `tail` (at once, if the disk of the log hangs); it must not block.
  package func release(run: UInt64, whenDrained: (@Sendable () -> Void)? = nil) {
    if !core.tasks.post([.release(self, run: run, whenDrained: whenDrained)]) { whenDrained?() }
  }

  /// Ends the log of a service that is gone: its file is not looked at any more. Pipes are still read to
  /// their ends.
  package func close() {
    // A task, behind the releases of runs: their last lines are moved first.
    if !core.tasks.post([.end(self)]) { feed.endWaiting() }
  }

  // MARK: Reading

  /// The last lines, oldest first: at most `count`, of one stream or of both. Lines of a direct log are read
  /// from the file, and all count as standard output.
  /// - Parameter isLive: whether lines whose newline has not come yet are among them, at their end.
  package func tail(_ count: Int, stream: LogStream? = nil, isLive: Bool = false) -> [LogLine] {
    if let direct { return stream == .stderr ? [] : direct.tail(count) }
    let (whole, unfinished) = feed.record.withLock { record in
      let whole = record.lines.last(max(0, count)) { stream == nil || stream == $0.stream }
      return (whole, isLive ? record.unfinishedLines { stream == nil || stream == $0.stream } : [])
    }
    let lines = whole.decoded
    return unfinished.isEmpty ? lines : (lines + unfinished.map(\.decoded)).suffix(max(0, count))
  }

  /// The time of the oldest line in memory, if there were lines before it; nil: all lines are there that were read. A direct log has no times.
  package var beginning: Int64? { feed.record.withLock { $0.lines.beginning } }

  /// The last line that is in memory, or that is being written; none of a direct log.
  package var newestLine: LogLine? {
    let (whole, unfinished) = feed.record.withLock { ($0.lines.last(1) { _ in true }, $0.unfinishedLines { _ in true }.last) }
    return unfinished?.decoded ?? whole.decoded.last
  }

  /// The last lines of a run that are in memory, also unfinished ones; none of a direct log, whose disk can hang.
  package func newestLines(of run: UInt64) -> [String] {
    let (whole, unfinished) = feed.record.withLock { record in
      (record.lines.last(5) { $0.run == run }, record.unfinishedLines { $0.run == run })
    }
    return (whole.decoded + unfinished.map(\.decoded)).map(\.text)
  }

  /// The last lines of a run for its history, oldest first: at most `count`, and 4 KiB of text.
  package func lastLines(of run: UInt64, count: Int = 20) -> [LogLine] {
    let lines = direct?.tail(count, run: run) ?? feed.record.withLock { $0.lines.last(max(0, count)) { $0.run == run } }.decoded
    var room = 4096
    var kept: [LogLine] = []
    for var line in lines.reversed() {
      let size = line.text.utf8.count
      // A line that is longer than the whole room is cut: its beginning is the best part.
      if size > room, kept.isEmpty { line.text = String(line.text.prefix(fitting: room)) }
      guard line.text.utf8.count <= room else { break }
      room -= line.text.utf8.count
      kept.append(line)
    }
    return kept.reversed()
  }

  /// The last lines that a run wrote to its standard error; where both streams are one, its last lines of either.
  package func lastErrorLines(of run: UInt64) -> [String] {
    if let direct { return direct.tail(20, run: run).map(\.text) }
    let streams: Set = isMerged ? [LogStream.stdout] : [.stderr]
    return feed.record.withLock { $0.lines.last(20) { $0.run == run && streams.contains($0.stream) } }.decoded.map(\.text)
  }

  /// The output so far, over all runs. For a direct log: the bytes by which its file has grown while we were
  /// there; its lines are not counted.
  package var counters: LogCounters { feed.record.withLock { $0.counters } }

  /// The last moment at which output could not be written to the file.
  package var lastDrop: SuspendingClock.Instant? { feed.record.withLock { $0.lastDrop } }

  /// Whether the output of the present run goes nowhere.
  package var isLost: Bool { direct?.isDiscarding.load(ordering: .relaxed) ?? false }
}

extension String {
  /// The longest beginning of whole characters within so many bytes.
  fileprivate func prefix(fitting bound: Int) -> Substring {
    var end = utf8.index(startIndex, offsetBy: min(bound, utf8.count))
    while end > startIndex, end.samePosition(in: unicodeScalars) == nil { end = utf8.index(before: end) }
    return self[..<end]
  }
}
