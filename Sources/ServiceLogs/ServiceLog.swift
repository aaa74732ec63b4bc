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
  let rotation: LogRotation
  let core: CollectorCore

  init(_ policy: LogPolicy, name: String?, device: UInt64, core: CollectorCore) {
    self.device = device
    self.core = core
    let rotation = LogRotation(path: policy.path ?? "", maxFiles: policy.maxFiles)
    self.rotation = rotation
    if policy.mode == .direct, let path = policy.path {
      feed = LogFeed(lines: policy.memoryLines, isCounting: false)
      let direct = DirectLog(
        policy, path: path, device: device, feed: feed, rotation: rotation, maintenance: core.maintenance, report: core.report)
      kind = .direct(direct)
    } else {
      feed = LogFeed(lines: policy.memoryLines, isCounting: true)
      let piped = PipedLog(
        policy, name: name, device: device, feed: feed, rotation: rotation, directory: core.directory, maintenance: core.maintenance)
      kind = .piped(piped)
    }
  }

  /// The direct log; nil where the output comes through pipes.
  var direct: DirectLog? {
    switch kind {
    case .piped: nil
    case .direct(let direct): direct
    }
  }

  /// Applies another policy without a restart: size and number of files, times, lines in memory. Path and
  /// mode stay the same.
  package func apply(_ policy: LogPolicy) {
    feed.record.withLock { $0.limit(to: policy.memoryLines) }
    rotation.keep(policy.maxFiles)
    switch kind {
    case .piped(let piped):
      piped.settings.withLock { ($0.maxSize, $0.timestamps) = (policy.maxSize, policy.timestamps) }
      guard let path = piped.path, !path.isEmpty else { return }
    case .direct(let direct):
      direct.maxSize.store(max(1, policy.maxSize), ordering: .relaxed)
      _ = core.tasks.post([.look(direct, then: nil)])
    }
    // Removes files beyond the new number.
    core.maintenance.add(.pack(rotation, device: device))
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

  /// The last lines that a run wrote to its standard error; of a direct log, where both streams are one, its last lines of either.
  package func lastErrorLines(of run: UInt64) -> [String] {
    let lines = direct?.tail(20, run: run) ?? feed.record.withLock { $0.lines.last(20) { $0.run == run && $0.stream == .stderr } }.decoded
    return lines.map(\.text)
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
