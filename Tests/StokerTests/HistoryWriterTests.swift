// The writer of history: which records are written for which changes, and in which order.

import HTTPServer
import Journal
import Logging
import Processes
import Synchronization
import Testing

@testable import Orchestration
@testable import Stoker

/// Journal and ledger in memory, which list all writes in order.
private final class WrittenHistory: RecordStore, CounterStore {
  enum Entry: Equatable {
    case counters(slot: Int, run: UInt64)
    case removed(String)
    case closed
    case record(String)
    case ended
  }

  let entries = Mutex<[Entry]>([])
  let inLedger = Mutex<[String: [UInt64]]>([:])
  /// Called at each write to the ledger.
  let onWrite = Mutex<(@Sendable ([UInt64]) -> Void)?>(nil)
  let endsInTime: Bool

  init(endsInTime: Bool = true) {
    self.endsInTime = endsInTime
  }

  func take() -> [Entry] {
    entries.withLock { entries in
      defer { entries = [] }
      return entries
    }
  }

  private func add(_ entry: Entry) { entries.withLock { $0.append(entry) } }

  func append(_ records: [Journal.Record]) {
    for record in records { add(.record(Self.text(record))) }
  }

  func shutdown(within time: Duration) async -> Bool {
    add(.ended)
    return endsInTime
  }

  func read() -> [String: [UInt64]] { inLedger.withLock { $0 } }
  func slot(for name: String, orNew values: [UInt64]?) throws(LedgerError) -> Int { name.utf8.count }

  func write(_ values: [UInt64], to slot: Int) {
    let run = LedgerFacts(values.suffix(LedgerFacts.columns.count))?.run ?? 0
    add(.counters(slot: slot, run: run))
    onWrite.withLock { $0 }?(values)
  }

  func remove(_ name: String) { add(.removed(name)) }
  func close() { add(.closed) }

  private static func text(_ record: Journal.Record) -> String {
    switch record {
    case .started(let start): "\(start.service) started \(start.run) at \(start.at): \(start.cause), \(start.pid ?? 0)"
    case .ended(let end): "\(end.service) ended \(end.run) at \(end.at): \(end.cause), \(end.exit.text), \(end.lines)"
    case .startFailed(let failure): "\(failure.service) failed \(failure.run) at \(failure.at): \(failure.stage), \(failure.text)"
    case .intent(let intent): "\(intent.service) \(intent.isUp ? "up" : "down") by \(intent.by)"
    case .forgetIntent(let service): "\(service) without a wish"
    case .uptime(let service, let buckets): "\(service) uptime in \(buckets.count)"
    case .counters(let service, let values): "\(service) counters, \(values.filter { $0.value > 0 }.map { "\($0.name) \($0.value)" })"
    case .outdateCounters: "counters outdated"
    case .forget(let service): "\(service) forgotten"
    }
  }
}

@Suite struct HistoryWriterTests {
  private let clock = SupervisorClock()

  private func service(_ name: String) -> Stoker.Service {
    Stoker.Service(
      spec: ServiceSpec(name: name), type: name, labels: [:], endpoints: [:], launch: .none, historyLimit: 1, usage: UsageAccount())
  }

  private func view(run: UInt64, restarts: UInt64 = 0, _ change: (inout ServiceView.Values) -> Void = { _ in }) -> ServiceView {
    var values = ServiceView.Values()
    values.run = run
    values.restarts[.exit] = restarts
    change(&values)
    return ServiceView(id: ServiceID(0), values: values)
  }

  @Test("every view goes to the ledger, with the start of its counts, and none to the journal")
  func counters() {
    let stores = WrittenHistory()
    var writer = HistoryWriter(journal: stores, ledger: stores)
    let dao = service("dao")
    dao.starts.kept.goBack(to: Timestamp(nanoseconds: 5))
    let started = Mutex<[UInt64]>([])
    stores.onWrite.withLock {
      $0 = { words in
        let facts = LedgerFacts(words.suffix(LedgerFacts.columns.count))
        started.withLock { $0.append(facts?.countedSince ?? 0) }
      }
    }
    writer.write(view(run: 1), of: dao, clock: clock)
    writer.write(view(run: 2), of: service("edge"), clock: clock)
    writer.write(view(run: 2, restarts: 1), of: dao, clock: clock)
    #expect(stores.take() == [.counters(slot: 3, run: 1), .counters(slot: 4, run: 2), .counters(slot: 3, run: 2)])
    #expect(started.withLock { [$0[0], $0[2]] } == [5, 5])
  }

  @Test("counters of the journal go to the ledger as those of a service that has stopped")
  func keeping() throws {
    let stores = WrittenHistory()
    var writer = HistoryWriter(journal: stores, ledger: stores)
    let words = Mutex<[UInt64]>([])
    stores.onWrite.withLock { $0 = { written in words.withLock { $0 = written } } }
    let count = ServiceView.Values.counterNames.count
    writer.keep(["dao": Counts(values: Array(repeating: 7, count: count), since: Timestamp(nanoseconds: 5))], clock: clock)
    let kept = words.withLock { $0 }
    #expect(kept.prefix(count).allSatisfy { $0 == 7 })
    let facts = try #require(LedgerFacts(kept.suffix(LedgerFacts.columns.count)))
    #expect(facts.status == .stopped && facts.run == 0 && facts.hasEnded && facts.countedSince == 5 && facts.since > 0)
  }

  @Test("uptime goes to the journal when it was counted: all buckets first, then the newest alone")
  func uptime() {
    let stores = WrittenHistory()
    var writer = HistoryWriter(journal: stores, ledger: nil)
    var uptime = UptimeHistory()
    func count(_ seconds: Int) {
      uptime.begin(.up, at: Instant(nanoseconds: 0) + .seconds(seconds))
      uptime.begin(.down, at: Instant(nanoseconds: 0) + .seconds(seconds + 1))
    }
    func write() { writer.write(view(run: 1) { $0.uptime = uptime }, of: service("dao"), clock: clock) }
    write()
    #expect(stores.take() == [])
    count(0)
    count(119)
    write()
    // Two of a minute, one of 15 minutes, one of an hour.
    #expect(stores.take() == [.record("dao uptime in 4")])
    write()
    #expect(stores.take() == [])
    count(130)
    write()
    #expect(stores.take() == [.record("dao uptime in 4")], "of a minute that one and the next")
  }

  @Test("runs, failed starts and wishes are records of their own")
  func records() {
    let stores = WrittenHistory()
    let writer = HistoryWriter(journal: stores, ledger: stores)
    let at = Timestamp(nanoseconds: 5_000_000)
    writer.started("dao", run: 4, at: at, cause: "started with Stoker", reason: nil, pid: 17)
    let end = writer.end(of: RunKey(owner: "dao", run: 4), at: at, exit: .code(1), seconds: 2)
    #expect(stores.take() == [.record("dao started 4 at 5: started with Stoker, 17")], "an end waits for the last lines")
    end("exited with code 1", ["last", "words"])
    writer.startFailed("dao", run: 5, at: at, stage: .spawn, "no such file", cause: nil, reason: .exit)
    writer.wish("dao", isUp: false, by: "api", at: at)
    writer.forgetWish("dao")
    #expect(
      stores.take() == [
        .record("dao ended 4 at 5: exited with code 1, \(Exit.code(1).text), [\"last\", \"words\"]"),
        .record("dao failed 5 at 5: spawn, no such file"), .record("dao down by api"), .record("dao without a wish"),
      ])
  }

  @Test("a removed service goes from the ledger and keeps its history; unknown ones go from the ledger at the start")
  func removal() {
    let stores = WrittenHistory()
    var writer = HistoryWriter(journal: stores, ledger: stores)
    writer.forget("dao")
    #expect(stores.take() == [.removed("dao"), .record("dao forgotten")])

    stores.inLedger.withLock { $0 = ["dao": [], "gone": []] }
    writer.forget(allBut: ["dao", "edge"])
    #expect(stores.take() == [.removed("gone")])
  }

  @Test("at the end the counters go to the journal, and the ledger goes only if they are on the disk", arguments: [true, false])
  func end(_ endsInTime: Bool) async throws {
    let stores = WrittenHistory(endsInTime: endsInTime)
    var writer = HistoryWriter(journal: stores, ledger: stores)
    let services = ["dao", "edge"].map(service)
    for service in services { service.starts.kept.goBack(to: Timestamp(nanoseconds: 5)) }
    let core = Orchestrator(try DependencyGraph(services.map(\.spec)), types: ["", ""], at: Instant(nanoseconds: 0))
    await writer.end(core.snapshot(), of: services, at: Instant(nanoseconds: 9), clock: clock)
    #expect(stores.take() == [], "nothing was taken over: the counters of the earlier Stoker stay")
    writer.begin()
    await writer.end(core.snapshot(), of: services, at: Instant(nanoseconds: 9), clock: clock)
    // The present stay ends with this Stoker.
    let entered = clock.timestamp(Instant(nanoseconds: 0)).nanoseconds
    let counters = "counters, [\"state_nanoseconds.stopped 9\", \"counted_since 5\", \"entered_at \(entered)\"]"
    #expect(stores.take() == [.record("dao \(counters)"), .record("edge \(counters)"), .ended] + (endsInTime ? [.closed] : []))
  }

  @Test("without a state directory nothing is written, and nothing fails")
  func nowhere() async throws {
    var writer = HistoryWriter(journal: nil, ledger: nil)
    writer.write(view(run: 1), of: service("dao"), clock: clock)
    writer.forget("dao")
    writer.forget(allBut: [])
  }

  // MARK: Write-ahead

  @Test("a reader never sees a count that the ledger does not have")
  func writeAhead() async throws {
    let stores = WrittenHistory()
    let thread = TaskThread()
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let configuration = SupervisorConfiguration(name: "test", services: [InProcessService("dao") { _ in }])
    let drivers = try Drivers(
      configuration, marks: RunMarks("test", key: .random), places: nil, recordedGroups: nil, thread: thread, logger: logger
    ) {
      _ in
    }
    let factory = ServiceFactory(
      logs: drivers.logs, inherited: [], descriptorLimit: nil, stateDirectory: nil, inProcess: configuration.inProcess)
    let services = try factory.make([])
    var loop = SupervisorLoop(
      services, try DependencyGraph(services.map(\.spec)), reloads: ReloadState(file: nil, factory: factory, didReload: nil),
      drivers: drivers, history: HistoryWriter(journal: nil, ledger: stores), runtime: nil,
      reporter: ChangeReporter(logger: logger, events: EventLog(life: "life")), clock: clock,
      deadlineTimer: DeadlineTimer(clock: clock, mailbox: Mailbox(), thread: thread))
    let publication = loop.publication
    let seen = Mutex<[(written: [UInt64], published: [UInt64])]>([])
    stores.onWrite.withLock {
      $0 = { words in
        let written = Array(words.prefix(ServiceView.Values.counterNames.count))
        seen.withLock { $0.append((written, publication.read().snapshot.services[0].counters)) }
      }
    }
    loop.handle([.request { $0.perform(.boot, by: .boot) }])
    loop.handle([.driver(.taskBegan("dao", run: 1))])
    loop.handle([.driver(.taskEnded("dao", run: 1, error: "database refused"))])
    let exits = try #require(ServiceView.Values.counterNames.firstIndex(of: "exits.failure"))
    let last = try #require(seen.withLock { $0.last })
    #expect(last.written[exits] == 1 && last.published[exits] == 0, "the ledger has the end while readers do not know it yet")
    #expect(publication.read().snapshot.services[0].counters[exits] == 1)
    for (written, published) in seen.withLock({ $0 }) { #expect(zip(written, published).allSatisfy { $0 >= $1 }) }
    #expect(stores.take().count == 3)

    loop.end()
    drivers.shutdown()
    await thread.shutdown()
  }
}
