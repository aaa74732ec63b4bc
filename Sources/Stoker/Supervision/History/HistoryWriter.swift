// Writes the state that outlives this Stoker: history, wishes and uptime to the journal, exact counters to the ledger.

import Journal
import Orchestration
import Processes

/// Writes the state from which a successor continues. Nothing here waits for a disk.
struct HistoryWriter {
  /// Nil without a state directory.
  private let journal: (any RecordStore)?
  /// Nil without shared memory.
  private let ledger: (any CounterStore)?
  private var written: [String: Written] = [:]
  private var hasBegun = false

  /// The part of a service's state that was written.
  private struct Written {
    var slot: Int?
    /// The revision of its uptime, and the newest bucket of each window.
    var uptime: UInt32 = 0
    var buckets: (Int64, Int64, Int64) = (.min, .min, .min)
  }

  init(journal: (any RecordStore)?, ledger: (any CounterStore)?) {
    self.journal = journal
    self.ledger = ledger
  }

  /// The columns of a service in the ledger.
  static let ledgerColumns = ServiceView.Values.counterNames + LedgerFacts.columns

  /// The columns of earlier versions.
  static let formerLedgerColumns = LedgerFacts.formerColumns.map { ServiceView.Values.counterNames + $0 }
  /// The name in the journal of the start of a service's counters.
  static let countedSince = "counted_since"
  /// The name in the journal of the start of a service's state.
  static let enteredAt = "entered_at"

  // MARK: Counters and uptime

  /// Brings counters from the journal into the ledger, before the journal's are outdated: a successor finds them in one of the two.
  mutating func keep(_ counts: [String: Counts], clock: SupervisorClock) {
    for (service, counts) in counts {
      let words = counts.values + LedgerFacts(stoppedAt: clock.now, countedSince: counts.since).words
      if let slot = try? ledger?.slot(for: service, orNew: words) { ledger?.write(words, to: slot) }
    }
  }

  /// From here on counters are counted: an end before this leaves those of an earlier Stoker as they are.
  mutating func begin() { hasBegun = true }

  /// Write-ahead: writes a view that is about to be published. Counters reach the ledger before the snapshot is published, so no scrape
  /// shows a value that a restart could lose.
  mutating func write(_ view: ServiceView, of service: Service, clock: SupervisorClock) {
    let words = view.counters + LedgerFacts(view, countedSince: service.starts.kept.time(at: .now)).words
    var state = written[service.name] ?? Written(slot: try? ledger?.slot(for: service.name, orNew: words))
    if let slot = state.slot { ledger?.write(words, to: slot) }
    if let journal, view.uptime.revision != state.uptime {
      state.uptime = view.uptime.revision
      let buckets = newBuckets(view.uptime, &state.buckets)
      journal.append([.uptime(service: service.name, buckets.map { $0.onTheWall(clock) })])
    }
    written[service.name] = state
  }

  /// The counters of a service, with the present stay in its state, which ends with this Stoker.
  private func counters(of view: ServiceView, _ service: Service, at now: Instant, _ clock: SupervisorClock) -> Journal.Record {
    let since = UInt64(max(0, service.starts.kept.time(at: .now).nanoseconds))
    let counters = zip(ServiceView.Values.counterNames, view.values.counters(at: now)).map { (name: $0, value: $1) }
    let entered = UInt64(max(0, clock.timestamp(view.enteredAt).nanoseconds))
    return .counters(
      service: service.name, counters + [(name: Self.countedSince, value: since), (name: Self.enteredAt, value: entered)])
  }

  /// The buckets that may have changed since they were last written.
  private func newBuckets(_ uptime: UptimeHistory, _ known: inout (Int64, Int64, Int64)) -> [UptimeHistory.Bucket] {
    func take(_ window: UptimeHistory.Window, _ number: inout Int64) -> [UptimeHistory.Bucket] {
      let buckets = uptime.buckets(window, from: number)
      if let last = buckets.last { number = last.number }
      return buckets
    }
    return take(.hour, &known.0) + take(.day, &known.1) + take(.week, &known.2)
  }

  // MARK: Runs

  func started(_ service: String, run: UInt64, at: Timestamp, cause: Sentence, reason: RestartReason?, pid: Int32?) {
    journal?.append([
      .started(RunStart(service: service, run: run, at: at.milliseconds, cause: cause.stored, reason: reason, pid: pid))
    ])
  }

  /// Returns the writer of a run's end. It takes the cause as it is stored and the last lines of the run, and may be called on any thread.
  func end(of run: RunKey, at: Timestamp, exit: Exit, seconds: Double?) -> @Sendable (_ cause: String, _ lines: [String]) -> Void {
    { [journal] cause, lines in
      journal?.append([
        .ended(
          RunEnd(
            service: run.owner, run: run.run, at: at.milliseconds, cause: cause, exit: exit, seconds: seconds, lines: lines))
      ])
    }
  }

  func startFailed(
    _ service: String, run: UInt64, at: Timestamp, stage: StartStage, _ text: Sentence, cause: Sentence?, reason: RestartReason?
  ) {
    journal?.append([
      .startFailed(
        StartFailure(
          service: service, run: run, at: at.milliseconds, stage: stage.rawValue, text: text.stored, cause: cause?.stored, reason: reason))
    ])
  }

  // MARK: Wishes

  func wish(_ service: String, isUp: Bool, by: String, at: Timestamp) {
    journal?.append([.intent(Intent(service: service, isUp: isUp, by: by, at: at.milliseconds))])
  }

  /// Removes the wish for a service: from now on its file decides.
  func forgetWish(_ service: String) {
    journal?.append([.forgetIntent(service: service)])
  }

  // MARK: Removal and end

  /// Removes the counters and the wish of a service that a reload removed; its history stays.
  mutating func forget(_ service: String) {
    written[service] = nil
    ledger?.remove(service)
    journal?.append([.forget(service: service)])
  }

  /// Removes from the ledger the services that are no longer in the file.
  func forget(allBut services: some Sequence<String>) {
    guard let ledger else { return }
    for name in Set(ledger.read().keys).subtracting(services) { ledger.remove(name) }
  }

  /// Writes the end in order: a successor continues from the counters of this snapshot. The ledger goes only after they are on the disk.
  func end(_ snapshot: Snapshot, of services: [Service], at now: Instant, clock: SupervisorClock) async {
    guard hasBegun, let journal else { return }
    journal.append(snapshot.services.map { counters(of: $0, services[$0.id.index], at: now, clock) })
    if await journal.shutdown(within: .seconds(2)) { ledger?.close() }
  }
}
