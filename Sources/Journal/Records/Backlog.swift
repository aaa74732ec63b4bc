// Records that wait to be written.

import Orchestration

/// Records that wait to be written. If records replace each other, only the newest is kept.
///
/// Its size is bounded for any behaviour of the disk: the oldest runs and the oldest uptime are dropped, each with a
/// limit of its own. Intents, counters and removed services replace each other, so their number is bounded by the
/// number of services, and none of them is dropped.
struct Backlog: Sendable {
  /// The largest size of the backlog.
  struct Limits: Sendable {
    var runs = 10_000
    var runBytes = 4 << 20
    var buckets = 10_000
  }

  /// A bucket of a service.
  struct BucketKey: Hashable, Sendable {
    var service: String
    var window: UptimeHistory.Window
    var number: Int64

    /// The beginning of the bucket; the earliest bucket is dropped first.
    var begin: Int64 { number.multipliedReportingOverflow(by: window.bucket).partialValue }
  }

  /// The history, oldest first.
  private(set) var runs: [RunRecord] = []
  private var runBytes = 0
  /// The intent of each service; nil: it has been withdrawn.
  private(set) var intents: [String: Intent?] = [:]
  private(set) var counters: [String: [String: UInt64]] = [:]
  private(set) var uptime: [BucketKey: UptimeHistory.Bucket] = [:]
  /// Removed services. Written before everything else, since other records of such a service came after the removal.
  private(set) var forgotten: Set<String> = []
  /// Whether the counters of an earlier life are no longer exact.
  private(set) var outdatesCounters = false
  let limits: Limits

  init(limits: Limits = Limits()) { self.limits = limits }

  var isEmpty: Bool { runs.isEmpty && intents.isEmpty && counters.isEmpty && uptime.isEmpty && forgotten.isEmpty && !outdatesCounters }

  /// The number of records.
  var count: Int {
    counters.values.reduce(runs.count + intents.count + uptime.count + forgotten.count + (outdatesCounters ? 1 : 0)) { $0 + $1.count }
  }

  /// Takes a record. Returns the number of records that had to be dropped for it.
  mutating func append(_ record: JournalRecord) -> Int {
    switch record {
    case .started(let start): return add(.started(start))
    case .ended(let end): return add(.ended(end))
    case .startFailed(let failure): return add(.failed(failure))
    case .intent(let intent): intents.updateValue(intent, forKey: intent.service)
    case .forgetIntent(let service): intents.updateValue(nil, forKey: service)
    case .counters(let service, let values):
      for (name, value) in values { counters[service, default: [:]][name] = value }
    case .outdateCounters: outdatesCounters = true
    case .forget(let service):
      intents.removeValue(forKey: service)
      counters.removeValue(forKey: service)
      forgotten.insert(service)
    case .uptime(let service, let buckets):
      for bucket in buckets { uptime[BucketKey(service: service, window: bucket.window, number: bucket.number)] = bucket }
      return dropUptime()
    }
    return 0
  }

  /// Takes all records out.
  mutating func take() -> Backlog {
    let all = self
    self = Backlog(limits: limits)
    return all
  }

  private mutating func add(_ record: RunRecord) -> Int {
    runs.append(record)
    runBytes += record.bytes
    guard runs.count > limits.runs || runBytes > limits.runBytes else { return 0 }
    // An eighth at once: to drop a single one, all others would have to move.
    var dropped = 0
    while dropped < runs.count - 1, runs.count - dropped > limits.runs - limits.runs / 8 || runBytes > limits.runBytes - limits.runBytes / 8
    {
      runBytes -= runs[dropped].bytes
      dropped += 1
    }
    runs.removeFirst(dropped)
    return dropped
  }

  private mutating func dropUptime() -> Int {
    guard uptime.count > limits.buckets else { return 0 }
    let old = uptime.keys.sorted { $0.begin < $1.begin }.prefix(uptime.count - (limits.buckets - limits.buckets / 8))
    for key in old { uptime.removeValue(forKey: key) }
    return old.count
  }
}
