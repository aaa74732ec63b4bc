// The state that an earlier Stoker left: its records, its counters, and the runs that it started (rules 26, 33).

import Journal
import Logging
import Orchestration
import Processes

/// The state that an earlier Stoker left.
struct Takeover: Sendable {
  /// The state from the journal.
  var journal = Journal.Loaded()
  /// The exact counters of a Stoker of this boot that was killed, by service.
  var ledger: [String: [UInt64]] = [:]
  /// The runs that are still there, and those that ended while no Stoker was there.
  var runs: [String: LeftRun] = [:]

  /// Brings the runs in line with the ledger, which is newer than the records on the disk: drops runs whose end is counted already, adds
  /// ready marks, and adds runs that ended before they were recorded.
  mutating func reconcile() {
    runs = runs.filter { name, run in run.isThere || !isCounted(run, of: name) }
    for (name, run) in runs {
      if let facts = facts(of: name), facts.run == run.run, facts.status == .running { runs[name]?.isReady = true }
    }
    // A run that is running by the ledger, is not there and was not recorded has ended meanwhile. One in `starting` may never have existed.
    for name in ledger.keys where runs[name] == nil {
      guard let facts = facts(of: name), facts.run > 0, !facts.hasEnded else { continue }
      guard facts.status == .running || facts.status == .stopping else { continue }
      runs[name] = LeftRun(owner: name, run: facts.run, leader: nil, processes: [])
    }
  }

  /// Whether the end of the run's main process is among the counters.
  func isCounted(_ run: LeftRun, of service: String) -> Bool {
    facts(of: service).map { $0.run > run.run || ($0.run == run.run && $0.hasEnded) } ?? false
  }

  /// The memory of a service for the core.
  func memory(of service: Service, clock: SupervisorClock) -> Memory {
    var memory = Memory()
    let known = journal.services[service.name]
    memory.wish = known?.intent?.isUp
    memory.wishedBy = known?.intent?.by ?? ""
    memory.uptime = known?.uptime.map { $0.onTheClock(clock) } ?? []
    memory.lastRestart = known?.lastRestart.map { (clock.instant(Timestamp(nanoseconds: $0.at * 1_000_000)), $0.reason) }
    memory.counters = counters(of: service.name, clock: clock)
    let facts = facts(of: service.name)
    memory.attempts = facts?.attempts ?? 0
    memory.lastRun = max(known?.lastRun ?? 0, facts?.run ?? 0)
    if let run = runs[service.name] {
      memory.lastRun = run.run
      let since = clock.instant(run.startedAt ?? .now)
      if !run.isThere {
        memory.standing = .ended
      } else if run.leader == nil, isCounted(run, of: service.name) {
        memory.standing = .remains
      } else {
        memory.standing = .running(since: since, isReady: run.isReady)
      }
    } else {
      switch facts?.status {
      case .completed: memory.standing = .completed
      case .failed: memory.standing = .failed(byLimit: facts?.isLimitReached ?? false)
      case .stopped, .waiting, .starting, .running, .backoff, .stopping, nil: break
      }
    }
    return memory
  }

  private func facts(of service: String) -> LedgerFacts? {
    ledger[service].flatMap { LedgerFacts($0.suffix(LedgerFacts.columns.count)) }
  }

  /// The exact counters, from one of two sources: the ledger of a Stoker that was killed, with the time that has passed since; or the
  /// journal of one that ended in order.
  private func counters(of service: String, clock: SupervisorClock) -> [UInt64]? {
    let names = ServiceView.Values.counterNames
    if let words = ledger[service], words.count == HistoryWriter.ledgerColumns.count, let facts = facts(of: service) {
      var counters = Array(words.prefix(names.count))
      let now = UInt64(max(0, clock.now.nanoseconds))
      if let index = names.firstIndex(of: "state_nanoseconds.\(facts.status.rawValue)"), now > facts.since {
        counters[index] += now - facts.since
      }
      return counters
    }
    guard journal.endedCleanly, let known = journal.services[service]?.counters, !known.isEmpty else { return nil }
    return names.map { known[$0] ?? 0 }
  }
}
