// The log of one service: its last lines, its counters, and what its file needs.

import Glibc
import Synchronization

/// The log of one service, over all of its runs.
package final class ServiceLog: Sendable {
  /// The service's; nil: its pipes have no names.
  let name: String?
  let path: String?
  /// Where the file is: logs on a disk that hangs are left alone together.
  let device: UInt64
  let policy: Mutex<LogPolicy>
  let record: Mutex<LogRecord>
  /// Held while something is written, which can take as long as the disk does: for movers alone.
  let writer: Mutex<LogWriter>
  let readers = Mutex(LogReaders())
  let rotation: LogRotation
  /// What is different where the service writes the file itself.
  let direct: DirectLog?
  let core: CollectorCore

  init(_ policy: LogPolicy, name: String?, device: UInt64, core: CollectorCore) {
    self.name = name
    self.device = device
    self.core = core
    self.policy = Mutex(policy)
    let isDirect = policy.mode == .direct
    path = isDirect ? nil : policy.path
    record = Mutex(LogRecord(lines: policy.memoryLines))
    let rotation = LogRotation(path: policy.path ?? "", maxFiles: policy.maxFiles)
    self.rotation = rotation
    direct = isDirect ? policy.path.map { DirectLog(policy, path: $0, device: device, rotation: rotation, core: core) } : nil
    writer = Mutex(
      LogWriter(file: LogFile(path: policy.path ?? "", rotation: rotation) { core.packer.add(.pack(rotation, device: device)) }))
  }

  /// Keeps the output as this says from now on, without a restart: size and number of files, times, lines in memory. Path and mode stay
  /// what they were.
  package func apply(_ policy: LogPolicy) {
    self.policy.withLock {
      ($0.maxSize, $0.maxFiles, $0.timestamps, $0.memoryLines) = (policy.maxSize, policy.maxFiles, policy.timestamps, policy.memoryLines)
    }
    record.withLock { $0.limit(to: policy.memoryLines) }
    rotation.keep(policy.maxFiles)
    direct?.maxSize.store(max(1, policy.maxSize), ordering: .relaxed)
    guard let path = path ?? direct?.path, !path.isEmpty else { return }
    // Those that are too many now.
    core.packer.add(.pack(rotation, device: device))
    if direct != nil { _ = core.post([.look(self, then: nil)]) }
  }

  /// Tells that the run's leader has ended: what is there is read, and an unfinished line counts as a line. Processes that still have
  /// the pipes are heard on. `whenDrained` is called on the collector's thread when the run's last words are in `tail` (at once, if
  /// the disk of the log hangs); it must not block.
  package func release(run: UInt64, whenDrained: (@Sendable () -> Void)? = nil) {
    if !core.post([.release(self, run: run, whenDrained: whenDrained)]) { whenDrained?() }
  }

  /// The service is no more: nothing of its file is looked at any more. Pipes are read to their ends all the same.
  package func close() {
    // In its turn, behind the ends of runs: last words are moved first.
    if !core.post([.end(self)]) { news { $0.endWaiting() } }
  }

  // MARK: Reading

  /// The last lines, oldest first: at most `count`, of one stream or of both. Of a direct log they are read from the file, and are all taken
  /// for standard output.
  package func tail(_ count: Int, stream: LogStream? = nil) -> [LogLine] {
    if let direct { return stream == .stderr ? [] : direct.tail(count) }
    return record.withLock { $0.lines.last(max(0, count)) { stream == nil || stream == $0.stream } }.decoded
  }

  /// The last lines of a run for its history, oldest first: at most `count`, and 4 KiB of text.
  package func lastLines(of run: UInt64, count: Int = 20) -> [LogLine] {
    let lines = direct?.tail(count, run: run) ?? record.withLock { $0.lines.last(max(0, count)) { $0.run == run } }.decoded
    var room = 4096
    var kept: [LogLine] = []
    for var line in lines.reversed() {
      let size = line.text.utf8.count
      // Of one line that is longer than all of it the beginning says most.
      if size > room, kept.isEmpty { line.text = String(line.text.prefix(fitting: room)) }
      guard line.text.utf8.count <= room else { break }
      room -= line.text.utf8.count
      kept.append(line)
    }
    return kept.reversed()
  }

  /// How much was said so far, over all runs. Of a direct log: by how many bytes its file has grown while we were there; its lines are not
  /// counted.
  package var counters: LogCounters { record.withLock { $0.counters } }
}

extension String {
  /// The beginning that has at most so many bytes, of whole characters.
  fileprivate func prefix(fitting bound: Int) -> Substring {
    var end = utf8.index(startIndex, offsetBy: min(bound, utf8.count))
    while end > startIndex, end.samePosition(in: unicodeScalars) == nil { end = utf8.index(before: end) }
    return self[..<end]
  }
}
