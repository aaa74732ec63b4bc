// The queue between the journal's callers and its thread.

import Linux
import Orchestration
import Synchronization

/// The records and requests for the journal's thread. Its lock is never held during work with the disk.
final class Inbox: Sendable {
  private struct State {
    var backlog: Backlog
    /// The moment at which the oldest record of the backlog came.
    var since: SuspendingClock.Instant?
    /// The batch that is being written, or could not be written yet: older than the backlog.
    var batch: Batch?
    var lastNumber: Int64 = 0
    var requests: [Request] = []
    /// Whether the thread has ended.
    var hasEnded = false
    var status = JournalStatus()
    /// The moment since which the thread has been waiting for the disk.
    var busySince: Instant?
  }

  /// The next work of the thread.
  struct Work {
    var requests: [Request]
    /// Whether it is time to write waiting records, or to try the disk again.
    var isDue: Bool
  }

  private let state: Mutex<State>
  private let bell = Bell()
  private let settings: Settings

  init(_ settings: Settings) {
    self.settings = settings
    state = Mutex(State(backlog: Backlog(limits: settings.backlog)))
  }

  func append(_ records: [JournalRecord]) {
    let isFirst = state.withLock { state in
      guard !state.hasEnded else {
        state.status.dropped += UInt64(records.count)
        return false
      }
      for record in records { state.status.dropped += UInt64(state.backlog.append(record)) }
      guard state.since == nil, !state.backlog.isEmpty else { return false }
      state.since = .now
      return true
    }
    if isFirst { bell.ring() }
  }

  /// Hands a request over. Returns false if the thread has ended, so that there will be no answer.
  func ask(_ request: Request) -> Bool {
    let isHandedOver = state.withLock { state in
      guard !state.hasEnded else { return false }
      state.requests.append(request)
      return true
    }
    if isHandedOver { bell.ring() }
    return isHandedOver
  }

  /// Waits for work. Nothing is due before the end of `pause`; then a failed disk is tried again, with or without
  /// waiting records.
  func work(after pause: SuspendingClock.Instant?) -> Work {
    while true {
      let now = SuspendingClock.now
      let due = state.withLock { state -> (work: Work?, at: SuspendingClock.Instant?) in
        var due = state.batch == nil ? state.since.map { $0 + settings.gather } : now
        if let pause { due = max(due ?? pause, pause) }
        let isDue = due.map { $0 <= now } ?? false
        guard isDue || !state.requests.isEmpty else { return (nil, due) }
        defer { state.requests = [] }
        return (Work(requests: state.requests, isDue: isDue), due)
      }
      if let work = due.work { return work }
      bell.wait(until: due.at)
    }
  }

  /// The next batch: the one that could not be written the last time, before newer records.
  func nextBatch() -> Batch? {
    state.withLock { state in
      if let batch = state.batch { return batch }
      guard !state.backlog.isEmpty else { return nil }
      state.lastNumber += 1
      state.batch = Batch(number: state.lastNumber, backlog: state.backlog.take())
      state.since = nil
      return state.batch
    }
  }

  /// Notes that the batch is on the disk.
  func written() { state.withLock { $0.batch = nil } }

  var isEmpty: Bool { state.withLock { $0.batch == nil && $0.backlog.isEmpty } }

  /// The history of a service: the waiting records added to the runs on the disk. Newest first.
  func history(of service: String, limit: Int, onDisk: [RunEntry] = []) -> [RunEntry] {
    let (old, new) = state.withLock { ($0.batch?.backlog.runs ?? [], $0.backlog.runs) }
    var entries = onDisk
    for record in old where record.service == service { entries.take(record) }
    for record in new where record.service == service { entries.take(record) }
    return Array(entries.prefix(limit))
  }

  /// Calls `body`, which waits for the disk, and notes the time. Calls may be nested.
  func busy<Result>(_ body: () -> Result) -> Result {
    let isOutermost = state.withLock { state in
      defer { state.busySince = state.busySince ?? settings.now() }
      return state.busySince == nil
    }
    defer { if isOutermost { state.withLock { $0.busySince = nil } } }
    return body()
  }

  func setStatus(_ change: (inout JournalStatus) -> Void) {
    state.withLock { change(&$0.status) }
  }

  var status: JournalStatus {
    state.withLock { state in
      var status = state.status
      status.pending = state.backlog.count + (state.batch?.backlog.count ?? 0)
      if let since = state.busySince, case let time = settings.now() - since, time > settings.patience {
        status.isUsable = false
        status.problem = "the disk has not answered for \(time.components.seconds) s"
      }
      return status
    }
  }

  /// Notes the end of the thread, after which records are dropped. Returns the requests that are left without an
  /// answer.
  func end() -> [Request] {
    state.withLock { state in
      state.hasEnded = true
      state.status.isUsable = false
      defer { state.requests = [] }
      return state.requests
    }
  }
}
