// What outlives this Stoker: history, wishes and uptime in the journal, and counters that are exact whatever happens in the ledger.

import Journal
import Orchestration
import Processes

/// Writes down what a successor goes on with. Nothing here waits for a disk.
struct Chronicle {
  /// Nil without a state directory.
  let journal: Journal?
  /// Nil where there is no shared memory to be had.
  private var ledger: Ledger?
  private var pages: [String: Page] = [:]
  /// Services whose counters go to the journal with their next picture.
  private var due: Set<String> = []

  /// What was written of a service.
  private struct Page {
    var slot: Int?
    /// The account of its uptime, and the newest bucket of each window.
    var uptime: UInt32 = 0
    var buckets: (Int64, Int64, Int64) = (.min, .min, .min)
  }

  init(journal: Journal?, ledger: Ledger?) {
    self.journal = journal
    self.ledger = ledger
  }

  /// What the ledger has of a service.
  static let ledgerColumns = ServiceView.Values.counterNames + LedgerFacts.columns

  /// Heeds a change of a service: its counters go to the journal when a run is over, and when a restart is told. That is once for each batch
  /// of changes, since its picture is noted once.
  mutating func heed(_ change: Change.What, of service: String) {
    if Self.isTurn(change) { due.insert(service) }
  }

  /// Whether a run is over with this change, or was restarted.
  static func isTurn(_ change: Change.What) -> Bool {
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

  /// A picture that is about to be published: nobody shall have seen a count that a successor does not know.
  mutating func note(_ view: ServiceView, of service: String, clock: SupervisorClock) {
    var page = pages[service] ?? Page(slot: try? ledger?.slot(for: service))
    if let slot = page.slot { ledger?.write(view.counters + LedgerFacts(view).words, to: slot) }
    let isDue = due.remove(service) != nil
    if let journal {
      var records: [Journal.Record] = []
      if view.uptime.revision != page.uptime {
        page.uptime = view.uptime.revision
        let buckets = newBuckets(view.uptime, &page.buckets)
        records.append(.uptime(service: service, buckets.map { $0.onTheWall(clock) }))
      }
      if isDue { records.append(counters(of: view, service)) }
      if !records.isEmpty { journal.append(records) }
    }
    pages[service] = page
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

  // MARK: History and wishes

  func started(_ service: String, run: UInt64, at: Timestamp, cause: String, reason: RestartReason?, pid: Int32) {
    journal?.append([
      .started(RunStart(service: service, run: run, at: at.milliseconds, cause: cause, reason: reason, pid: pid))
    ])
  }

  /// Returns the writer of a run's end, which takes the last lines of the run and may be called on any thread.
  func end(of run: RunKey, at: Timestamp, cause: String, exit: Exit, seconds: Double) -> @Sendable (_ lines: [String]) -> Void {
    { [journal] lines in
      journal?.append([
        .ended(
          RunEnd(
            service: run.owner, run: run.run, at: at.milliseconds, cause: cause, exit: exit, seconds: seconds, lines: lines))
      ])
    }
  }

  func startFailed(_ service: String, run: UInt64, at: Timestamp, stage: StartStage, _ text: String, cause: String?, reason: RestartReason?)
  {
    journal?.append([
      .startFailed(
        StartFailure(
          service: service, run: run, at: at.milliseconds, stage: stage.rawValue, text: text, cause: cause, reason: reason))
    ])
  }

  func wish(_ service: String, isUp: Bool, by: String, at: Timestamp) {
    journal?.append([.intent(Intent(service: service, isUp: isUp, by: by, at: at.milliseconds))])
  }

  /// Nobody wants of the service anything else than its file does.
  func forgetWish(_ service: String) {
    journal?.append([.forgetIntent(service: service)])
  }

  /// A reload took the service away.
  mutating func forget(_ service: String) {
    pages[service] = nil
    due.remove(service)
    ledger?.remove(service)
    journal?.append([.forget(service: service)])
  }

  /// What was written of services that are no longer in the file.
  func forget(allBut services: some Sequence<String>) {
    guard let ledger else { return }
    for name in Set(ledger.read().keys).subtracting(services) { ledger.remove(name) }
  }

  /// The end in order: the counters as they are now are what a successor takes up. Only when they are on the disk the ledger may go.
  mutating func end(_ snapshot: Snapshot) async {
    guard let journal else { return }
    journal.append(snapshot.services.map { counters(of: $0, snapshot.graph[$0.id].name) })
    if await journal.shutdown(within: .seconds(2)) { ledger?.close() }
  }
}

/// What the ledger has of a service beside its counters.
struct LedgerFacts {
  static let columns = ["status", "since", "attempts", "is_limit_reached", "run", "has_ended"]

  var status: Status
  /// When the present state began, in nanoseconds since the machine's boot.
  var since: UInt64
  var attempts: Int
  var isLimitReached: Bool
  /// The last run.
  var run: UInt64
  /// Its main process has ended, and that is among the counters.
  var hasEnded: Bool

  init(_ view: ServiceView) {
    status = view.status
    since = UInt64(max(0, view.since.nanoseconds))
    attempts = view.attempts
    isLimitReached = view.isLimitReached
    run = view.run
    hasEnded = !view.isAlive && view.status != .starting
  }

  /// Nil if these are none.
  init?(_ words: some Collection<UInt64>) {
    let words = Array(words)
    guard words.count == Self.columns.count, words[0] < UInt64(Status.allCases.count) else { return nil }
    status = Status.allCases[Int(words[0])]
    since = words[1]
    attempts = Int(clamping: words[2])
    isLimitReached = words[3] != 0
    run = words[4]
    hasEnded = words[5] != 0
  }

  var words: [UInt64] {
    [UInt64(Status.allCases.firstIndex(of: status) ?? 0), since, UInt64(attempts), isLimitReached ? 1 : 0, run, hasEnded ? 1 : 0]
  }
}

extension Timestamp {
  /// Milliseconds since 1970.
  var milliseconds: Int64 { nanoseconds / 1_000_000 }
}

extension UptimeHistory.Bucket {
  /// The same bucket as the wall clock counts it.
  func onTheWall(_ clock: SupervisorClock) -> UptimeHistory.Bucket {
    let start = clock.timestamp(Instant(nanoseconds: number * window.bucket)).nanoseconds
    return renumbered((Double(start) / Double(window.bucket)).rounded())
  }

  /// A bucket of the wall clock as ours counts it.
  func onTheClock(_ clock: SupervisorClock) -> UptimeHistory.Bucket {
    let start = clock.instant(Timestamp(nanoseconds: number.multipliedReportingOverflow(by: window.bucket).partialValue)).nanoseconds
    return renumbered((Double(start) / Double(window.bucket)).rounded())
  }

  private func renumbered(_ number: Double) -> UptimeHistory.Bucket {
    UptimeHistory.Bucket(window: window, number: Int64(number), up: up, total: total)
  }
}
