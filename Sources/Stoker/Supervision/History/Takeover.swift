// The state that an earlier Stoker left: its records, its counters, and the runs that it started (rules 26, 33).

import Journal
import Linux
import Logging
import Orchestration
import Processes

/// The counters of a service (`ServiceView.Values.counterNames`), and the moment at which they began at 0.
struct Counts: Sendable {
  var values: [UInt64]
  var since: Timestamp
}

/// The state that an earlier Stoker left.
struct Takeover: Sendable {
  /// The state from the journal.
  var journal = Journal.Loaded()
  /// The exact counters of a Stoker of this boot that was killed, by service.
  var ledger: [String: [UInt64]] = [:]
  /// The runs that are still there, and those that ended while no Stoker was there.
  var runs: [String: LeftRun] = [:]
  /// The rights of the users of these runs' services, for the files of their logs.
  var rights: [String: FileRights] = [:]

  /// Brings the runs in line with the ledger, which is newer than the records on the disk: drops runs whose end is counted already, adds
  /// ready marks, and adds runs that ended before they were recorded.
  mutating func reconcile() {
    for (name, run) in runs {
      guard run.isThere || !isEndKnown(run, of: name) else {
        runs[name] = nil
        continue
      }
      var run = run.isThere ? corrected(run, of: name) : run
      if let facts = facts(of: name), facts.run == run.run, facts.status == .running { run.isReady = true }
      runs[name] = run
    }
    // A run that is running by the ledger, is not there and was not recorded has ended meanwhile. One in `starting` may never have existed.
    for name in ledger.keys where runs[name] == nil {
      guard let facts = facts(of: name), facts.run > 0, !facts.hasEnded else { continue }
      guard facts.status == .running || facts.status == .stopping else { continue }
      runs[name] = LeftRun(owner: name, run: facts.run, leader: nil, processes: [])
    }
  }

  /// Corrects the number of a run that is there, and the role of its processes.
  ///
  /// A process in a service's cgroup without a mark in its environment (which is cleared, or empty in the middle of exec and of exit) is
  /// found under the newest recorded run, or as run 0. Taken as it stands, the service would go back to that number, and later runs would
  /// be in the history twice. No run begins before the one before it is gone, so the processes belong to the newest known run; if the end
  /// of that run is counted, they are its remains, and none of them is its main process.
  private func corrected(_ run: LeftRun, of service: String) -> LeftRun {
    var run = run
    let newest = max(facts(of: service)?.run ?? 0, journal.services[service]?.lastRun ?? 0)
    if run.run < newest {
      run.run = newest
      run.record = nil
      run.isReady = false
    }
    if isEndInLedger(run, of: service) { run.leader = nil }
    return run
  }

  /// Whether the end of a run that is not there is known already: to the ledger, or without one to the journal.
  private func isEndKnown(_ run: LeftRun, of service: String) -> Bool {
    guard facts(of: service) == nil else { return isEndInLedger(run, of: service) }
    guard let known = journal.services[service] else { return false }
    return known.lastRun > run.run || (known.lastRun == run.run && known.lastEnd != nil)
  }

  /// Whether the end of the run's main process is among the counters.
  func isEndInLedger(_ run: LeftRun, of service: String) -> Bool {
    facts(of: service).map { $0.run > run.run || ($0.run == run.run && $0.hasEnded) } ?? false
  }

  /// The memory of a service for the core.
  func memory(of service: Service, clock: SupervisorClock) -> Memory {
    // The wall clock may have been set back since.
    func past(_ milliseconds: Int64) -> Instant { min(clock.instant(Timestamp(milliseconds: milliseconds)), clock.now) }
    var memory = Memory()
    let known = journal.services[service.name]
    memory.wish = known?.intent?.isUp
    memory.wishedBy = known?.intent?.by ?? ""
    memory.wishedAt = known?.intent.map { past($0.at) }
    // A stop that the file asks for too leaves no wish. The end of the last run says who asked for it.
    if memory.wish == nil, !service.spec.isEnabled, let end = known?.lastEnd, let origin = Origin.recorded(in: end.cause) {
      memory.wishedBy = origin.text
      memory.wishedAt = past(end.at)
    }
    memory.uptime = known?.uptime.map { $0.onTheClock(clock) } ?? []
    memory.lastRestart = known?.lastRestart.map { (past($0.at), $0.reason) }
    memory.counters = counts(of: service.name, clock: clock)?.values
    let facts = facts(of: service.name)
    memory.openUptime = facts?.openUptime
    memory.attempts = facts?.attempts ?? 0
    memory.lastRun = max(known?.lastRun ?? 0, facts?.run ?? 0)
    memory.leftAt = enteredAt(of: service.name, clock: clock)
    if memory.leftAt == nil {
      // It is not kept where an earlier version counted, or after a fault. A Stoker that took the state over itself counts on from then,
      // so the end of the run comes first, and a stop that was requested without a run.
      let lastEnd = facts == nil || known?.lastRun == facts?.run ? known?.lastEnd.map { past($0.at) } : nil
      let ends = [lastEnd, memory.wish == false ? memory.wishedAt : nil].compactMap(\.self)
      memory.leftAt = ends.max() ?? facts.map { min(Instant(nanoseconds: Int64(clamping: $0.since)), clock.now) }
    }
    if let run = runs[service.name] {
      memory.lastRun = run.run
      // The wall clock may have been set back since.
      let since = min(clock.instant(run.startedAt ?? .now), clock.now)
      if !run.isThere {
        memory.leftAs = .ended
      } else if run.leader == nil, isEndInLedger(run, of: service.name) {
        memory.leftAs = .remains
      } else {
        memory.leftAs = .running(since: since, isReady: run.isReady)
      }
    } else {
      switch facts?.status {
      case .completed: memory.leftAs = .completed
      case .failed: memory.leftAs = .failed(byLimit: facts?.isLimitReached ?? false, comesBack: facts?.comesBack ?? false)
      case .stopped, .waiting, .starting, .running, .backoff, .stopping, nil: break
      }
    }
    return memory
  }

  /// The start of the state that a service without a process has kept; nil if it is not known, or it has another state now.
  private func enteredAt(of service: String, clock: SupervisorClock) -> Instant? {
    if let facts = facts(of: service) {
      guard facts.entered > 0, [.stopped, .completed, .failed].contains(facts.status) else { return nil }
      return min(Instant(nanoseconds: Int64(clamping: facts.entered)), clock.now)
    }
    guard ledger.isEmpty, journal.endedCleanly, let entered = journal.services[service]?.counters[HistoryWriter.enteredAt], entered > 0
    else { return nil }
    return min(clock.instant(Timestamp(nanoseconds: Int64(clamping: entered))), clock.now)
  }

  private func facts(of service: String) -> LedgerFacts? {
    ledger[service].flatMap { LedgerFacts($0.suffix(LedgerFacts.columns.count)) }
  }

  /// The exact counters, from one of two sources: the ledger of a Stoker that was killed, with the time that has passed since; or the
  /// journal of one that ended in order. A ledger with any service is newer than all counters of the journal.
  func counts(of service: String, clock: SupervisorClock) -> Counts? {
    let names = ServiceView.Values.counterNames
    if let words = ledger[service], words.count == HistoryWriter.ledgerColumns.count, let facts = facts(of: service), facts.since > 0 {
      var counters = zip(names, words).map(Self.bounded)
      let now = UInt64(max(0, clock.now.nanoseconds))
      if let index = names.firstIndex(of: Self.stateTime + facts.status.rawValue), now > facts.since {
        counters[index] = Self.bounded(names[index], counters[index] + (now - facts.since))
      }
      return counts(counters, since: facts.countedSince, of: service)
    }
    guard ledger.isEmpty, journal.endedCleanly, let known = journal.services[service]?.counters, !known.isEmpty else { return nil }
    return counts(names.map { Self.bounded($0, known[$0] ?? 0) }, since: known[HistoryWriter.countedSince] ?? 0, of: service)
  }

  /// Counters with their start. An earlier version did not keep it (0): then they are at least as old as the time in states, and as the
  /// journal's first record of the service.
  private func counts(_ values: [UInt64], since: UInt64, of service: String) -> Counts {
    let now = Timestamp.now
    guard since == 0 else { return Counts(values: values, since: min(now, Timestamp(nanoseconds: Int64(clamping: since)))) }
    let names = ServiceView.Values.counterNames
    let counted = zip(names, values).reduce(UInt64(0)) { $1.0.hasPrefix(Self.stateTime) ? $0 &+ $1.1 : $0 }
    let seen = journal.services[service]?.firstSeen.map { Timestamp(milliseconds: $0) } ?? now
    return Counts(values: values, since: min(seen, Timestamp(nanoseconds: max(0, now.nanoseconds - Int64(clamping: counted)))))
  }

  private static let stateTime = "state_nanoseconds."

  /// A counter that was read from outside, at most so high that counting on and sums over all services cannot overflow: 36 years of
  /// nanoseconds, a million million of anything else.
  private static func bounded(_ name: String, _ value: UInt64) -> UInt64 {
    min(value, name.hasPrefix(stateTime) ? 1 << 60 : 1 << 40)
  }
}
