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
  /// Services whose counters go to the journal with their next view.
  private var due: Set<String> = []

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

  // MARK: Counters and uptime

  /// Notes a change of a service: at the end of a run and at a restart its counters go to the journal, once for each batch of changes,
  /// since its view is written once.
  mutating func note(_ change: Change.What, of service: String) {
    if Self.endsOrRestartsRun(change) { due.insert(service) }
  }

  /// Whether a run ends or is restarted with this change.
  static func endsOrRestartsRun(_ change: Change.What) -> Bool {
    switch change {
    case .restarted: return true
    case .status(_, let from, let to, _):
      switch to {
      case .backoff, .completed, .failed: return true
      case .stopped, .waiting, .starting: return [.starting, .running, .stopping].contains(from)
      case .running, .stopping: return false
      }
    case .health, .gaveUp, .leftOver, .registry, .composite, .initialized, .ready: return false
    }
  }

  /// Write-ahead: writes a view that is about to be published. Counters reach the ledger before the snapshot is published, so no scrape
  /// shows a value that a restart could lose.
  mutating func write(_ view: ServiceView, of service: String, clock: SupervisorClock) {
    var state = written[service] ?? Written(slot: try? ledger?.slot(for: service))
    if let slot = state.slot { ledger?.write(view.counters + LedgerFacts(view).words, to: slot) }
    let isDue = due.remove(service) != nil
    if let journal {
      var records: [Journal.Record] = []
      if view.uptime.revision != state.uptime {
        state.uptime = view.uptime.revision
        let buckets = newBuckets(view.uptime, &state.buckets)
        records.append(.uptime(service: service, buckets.map { $0.onTheWall(clock) }))
      }
      if isDue { records.append(counters(of: view, service)) }
      if !records.isEmpty { journal.append(records) }
    }
    written[service] = state
  }

  private func counters(of view: ServiceView, _ service: String) -> Journal.Record {
    .counters(service: service, zip(ServiceView.Values.counterNames, view.counters).map { (name: $0, value: $1) })
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

  /// Returns the writer of a run's end. It takes the last lines of the run and may be called on any thread.
  func end(of run: RunKey, at: Timestamp, cause: Sentence, exit: Exit, seconds: Double) -> @Sendable (_ lines: [String]) -> Void {
    { [journal] lines in
      journal?.append([
        .ended(
          RunEnd(
            service: run.owner, run: run.run, at: at.milliseconds, cause: cause.stored, exit: exit, seconds: seconds, lines: lines))
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
    due.remove(service)
    ledger?.remove(service)
    journal?.append([.forget(service: service)])
  }

  /// Removes from the ledger the services that are no longer in the file.
  func forget(allBut services: some Sequence<String>) {
    guard let ledger else { return }
    for name in Set(ledger.read().keys).subtracting(services) { ledger.remove(name) }
  }

  /// Writes the end in order: a successor continues from the counters of this snapshot. The ledger goes only after they are on the disk.
  func end(_ snapshot: Snapshot) async {
    guard let journal else { return }
    journal.append(snapshot.services.map { counters(of: $0, snapshot.graph[$0.id].name) })
    if await journal.shutdown(within: .seconds(2)) { ledger?.close() }
  }
}
