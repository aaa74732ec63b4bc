// The state that a successor takes over: which runs are kept, and what the core gets to know of a service.

import Journal
import Processes
import Testing

@testable import Orchestration
@testable import Stoker

@Suite struct TakeoverTests {
  private let clock = SupervisorClock()

  private func identity(_ pid: Int32) -> ProcessIdentity { ProcessIdentity(pid: pid, startTime: 7) }

  /// A run with live processes; the first one is its main process, unless it has none.
  private func living(_ owner: String, run: UInt64, pids: [Int32] = [10], hasLeader: Bool = true) -> LeftRun {
    LeftRun(
      owner: owner, run: run, leader: hasLeader ? identity(pids[0]) : nil,
      processes: pids.map { Leftover(name: owner, run: run, identity: identity($0), proof: .group) })
  }

  private func record(_ name: String, run: UInt64, isReady: Bool = false) -> RunningRecord {
    RunningRecord(name: name, run: run, identity: identity(10), bootID: "boot", startedAt: 5_000_000_000, isReady: isReady)
  }

  private func gone(_ record: RunningRecord) -> LeftRun {
    LeftRun(owner: record.name, run: record.run, leader: nil, processes: [], record: record)
  }

  /// The words of a service in the ledger.
  private func words(_ status: Status, run: UInt64, hasEnded: Bool, attempts: Int = 0, counters: [UInt64]? = nil) -> [UInt64] {
    var facts = LedgerFacts(ServiceView(id: ServiceID(0), values: ServiceView.Values()), countedSince: Timestamp(nanoseconds: 7))
    (facts.status, facts.run, facts.hasEnded, facts.attempts) = (status, run, hasEnded, attempts)
    facts.since = UInt64(clock.now.nanoseconds)
    return (counters ?? Array(repeating: 0, count: ServiceView.Values.counterNames.count)) + facts.words
  }

  private var dao: Stoker.Service {
    Stoker.Service(
      spec: ServiceSpec(name: "dao"), type: "dao", labels: [:], endpoints: [:], launch: .none, historyLimit: 1, usage: UsageAccount())
  }

  private func memory(_ takeover: Takeover) -> Memory { takeover.memory(of: dao, clock: clock) }

  // MARK: The choice of runs

  @Test("services keep their newest run; others, commands and older runs end first")
  func choice() {
    let runs = LeftRuns(
      found: [living("dao", run: 3), living("gone", run: 1), living("@", run: 2), living("dao", run: 4), living("web", run: 9)],
      records: [record("dao", run: 2), record("batch", run: 6), record("gone", run: 1)], services: ["dao", "web", "batch"])
    #expect(runs.kept.mapValues(\.run) == ["dao": 4, "web": 9, "batch": 6])
    #expect(runs.unwanted.map { "\($0.owner) \($0.run)" } == ["gone 1", "@ 2", "dao 3"])
    #expect(runs.kept["batch"]?.isThere == false && runs.kept["dao"]?.isThere == true)
  }

  // MARK: Runs and the ledger

  @Test("a run that is there and running by the ledger is adopted, ready as the ledger knows")
  func adopted() {
    var takeover = Takeover(ledger: ["dao": words(.running, run: 4, hasEnded: false)], runs: ["dao": living("dao", run: 4)])
    takeover.reconcile()
    #expect(takeover.runs["dao"]?.leader == identity(10))
    let memory = memory(takeover)
    #expect(memory.lastRun == 4)
    guard case .running(_, isReady: true) = memory.leftAs else { return #expect(Bool(false), "\(memory.leftAs)") }
  }

  @Test("a run newer than the ledger, killed before its first publishing, is adopted under its own number")
  func newerThanLedger() {
    var takeover = Takeover(ledger: ["dao": words(.backoff, run: 3, hasEnded: true)], runs: ["dao": living("dao", run: 4)])
    takeover.reconcile()
    let memory = memory(takeover)
    #expect(memory.lastRun == 4)
    guard case .running(_, isReady: false) = memory.leftAs else { return #expect(Bool(false), "\(memory.leftAs)") }
  }

  @Test("a recorded run that is gone has ended meanwhile, once: not if its end is counted, nor if a later run was known")
  func goneRuns() {
    let record = record("dao", run: 4)
    func runs(_ takeover: Takeover) -> [String: UInt64] {
      var takeover = takeover
      takeover.reconcile()
      return takeover.runs.mapValues(\.run)
    }
    let running = Takeover(ledger: ["dao": words(.running, run: 4, hasEnded: false)], runs: ["dao": gone(record)])
    #expect(runs(running) == ["dao": 4])
    #expect(memory(running).leftAs == .ended)
    #expect(runs(Takeover(ledger: ["dao": words(.backoff, run: 4, hasEnded: true)], runs: ["dao": gone(record)])) == [:])
    #expect(runs(Takeover(ledger: ["dao": words(.starting, run: 5, hasEnded: false)], runs: ["dao": gone(record)])) == [:])

    // Without a ledger the journal knows, if it has the end or a later run.
    var known = Journal.Loaded.Service()
    known.lastRun = 4
    #expect(runs(Takeover(journal: loaded(known), runs: ["dao": gone(record)])) == ["dao": 4])
    known.lastEnd = Journal.Loaded.End(cause: "exited with code 1", at: 0)
    #expect(runs(Takeover(journal: loaded(known), runs: ["dao": gone(record)])) == [:])
    (known.lastRun, known.lastEnd) = (53, nil)
    #expect(runs(Takeover(journal: loaded(known), runs: ["dao": gone(record)])) == [:])
  }

  @Test("a run that is running by the ledger alone has ended before it was recorded; a start may never have had a process")
  func unrecorded() {
    for (status, run) in [(Status.running, 4), (.stopping, 4), (.starting, nil), (.backoff, nil), (.stopped, nil)] as [(Status, UInt64?)] {
      var takeover = Takeover(ledger: ["dao": words(status, run: 4, hasEnded: false)])
      takeover.reconcile()
      #expect(takeover.runs["dao"]?.run == run, "\(status)")
    }
  }

  @Test("processes whose run cannot be read never take a service back to an earlier run", arguments: [0, 3] as [UInt64])
  func unknownNumber(_ found: UInt64) {
    // Found in the service's cgroup without a mark: under the newest recorded run, or as run 0 without a record.
    var stale = living("dao", run: found)
    stale.record = found == 0 ? nil : record("dao", run: found, isReady: true)

    // The last run has ended, so these are remains: its end is not recorded again, and the next run has the next number.
    var ended = Takeover(ledger: ["dao": words(.backoff, run: 53, hasEnded: true)], runs: ["dao": stale])
    ended.reconcile()
    #expect(ended.runs["dao"]?.run == 53 && ended.runs["dao"]?.leader == nil)
    #expect(ended.runs["dao"]?.members == [identity(10)])
    #expect(memory(ended).leftAs == .remains && memory(ended).lastRun == 53)

    // The last run was starting or running, so these are its processes; the old record does not belong to it.
    var starting = Takeover(ledger: ["dao": words(.starting, run: 53, hasEnded: false)], runs: ["dao": stale])
    starting.reconcile()
    #expect(starting.runs["dao"]?.run == 53 && starting.runs["dao"]?.leader == identity(10))
    #expect(starting.runs["dao"]?.record == nil && starting.runs["dao"]?.isReady == false)
    guard case .running(_, isReady: false) = memory(starting).leftAs else { return #expect(Bool(false)) }

    // Without a ledger the journal has the number.
    var known = Journal.Loaded.Service()
    known.lastRun = 53
    var unledgered = Takeover(journal: loaded(known), runs: ["dao": stale])
    unledgered.reconcile()
    #expect(unledgered.runs["dao"]?.run == 53 && memory(unledgered).lastRun == 53)
  }

  @Test("a session leader among the remains of an ended run is not its main process")
  func remains() {
    var takeover = Takeover(
      ledger: ["dao": words(.stopping, run: 4, hasEnded: true)], runs: ["dao": living("dao", run: 4, pids: [11, 12])])
    takeover.reconcile()
    #expect(takeover.runs["dao"]?.leader == nil && takeover.runs["dao"]?.members == [identity(11), identity(12)])
    #expect(memory(takeover).leftAs == .remains)
  }

  // MARK: The memory of a service

  private func loaded(_ service: Journal.Loaded.Service, endedCleanly: Bool = false) -> Journal.Loaded {
    var loaded = Journal.Loaded()
    loaded.services["dao"] = service
    loaded.endedCleanly = endedCleanly
    return loaded
  }

  @Test("without a run, a service stays completed or failed as it was; in any other state it is gone")
  func standings() {
    let leftAs: [Status: Memory.LeftAs] = [.completed: .completed, .failed: .failed(byLimit: false)]
    for status in Status.allCases {
      let memory = memory(Takeover(ledger: ["dao": words(status, run: 4, hasEnded: true, attempts: 2)]))
      #expect(memory.leftAs == leftAs[status] ?? .gone, "\(status)")
      #expect(memory.lastRun == 4 && memory.attempts == 2)
    }
    #expect(memory(Takeover()).leftAs == .gone && memory(Takeover()).lastRun == 0)
  }

  @Test("the uptime that was not counted yet is in the ledger: of an unchecked service that ran without a change since")
  func openUptime() throws {
    var rig = Orchestrator(try DependencyGraph([dao.spec]), at: clock.now)
    _ = rig.perform(.boot, by: .boot, at: clock.now)
    let since = clock.now
    _ = rig.handle(.spawned(ServiceID(0), run: 1), at: since)
    let facts = try #require(LedgerFacts(LedgerFacts(rig.view(ServiceID(0)), countedSince: .now).words))
    #expect(facts.openUptime == UptimeHistory.Open(isUp: true, since: since))
    let counters = Array(repeating: UInt64(0), count: ServiceView.Values.counterNames.count)
    var takeover = Takeover(ledger: ["dao": counters + facts.words], runs: ["dao": living("dao", run: 1)])
    takeover.reconcile()
    #expect(memory(takeover).openUptime == facts.openUptime)
    // An earlier version did not know it, and shared memory can contain anything.
    #expect(try #require(LedgerFacts(facts.words.dropLast(2) + [0, 9])).openUptime == nil)
    for since in [0, UInt64.max] {
      let strange = try #require(LedgerFacts(facts.words.dropLast(2) + [7, since]).flatMap(\.openUptime))
      var history = UptimeHistory()
      history.count(strange, until: clock.now)
      #expect(history.share(.week, at: clock.now)?.ratio == (since == 0 ? 0 : nil))
    }
  }

  @Test("a disabled service that a person had stopped knows who it was from the end of its last run")
  func stoppedAndDisabled() {
    func memory(_ end: String, isEnabled: Bool = false) -> Memory {
      var known = Journal.Loaded.Service()
      known.lastEnd = StoredState.End(cause: end, at: 1_000)
      var service = dao
      service.spec.isEnabled = isEnabled
      return Takeover(journal: loaded(known)).memory(of: service, clock: clock)
    }
    let stopped = memory("requested by api 127.0.0.1")
    #expect(stopped.wish == nil && stopped.wishedBy == "api 127.0.0.1" && stopped.wishedAt != nil)
    #expect(memory("exited with code 1").wishedAt == nil && memory("requested by api", isEnabled: true).wishedAt == nil)
  }

  @Test("the last run is the newest that ledger or journal know")
  func lastRun() {
    var known = Journal.Loaded.Service()
    known.lastRun = 9
    #expect(memory(Takeover(journal: loaded(known), ledger: ["dao": words(.backoff, run: 7, hasEnded: true)])).lastRun == 9)
    #expect(memory(Takeover(journal: loaded(known), ledger: ["dao": words(.backoff, run: 12, hasEnded: true)])).lastRun == 12)
  }

  @Test("counters come from the ledger of a killed Stoker, or from a journal that ended in order, and from nowhere else")
  func counters() throws {
    let names = ServiceView.Values.counterNames
    let restarts = try #require(names.firstIndex(of: "restarts.exit"))
    let backoff = try #require(names.firstIndex(of: "state_nanoseconds.backoff"))
    var counters = Array(repeating: UInt64(0), count: names.count)
    (counters[restarts], counters[backoff]) = (5, 1000)
    var known = Journal.Loaded.Service()
    known.counters = ["restarts.exit": 3]

    let before = UInt64(clock.now.nanoseconds)
    let words = words(.backoff, run: 4, hasEnded: true, counters: counters)
    let exact = try #require(memory(Takeover(journal: loaded(known), ledger: ["dao": words])).counters)
    #expect(exact[restarts] == 5)
    // The time since the last write belongs to the state of then.
    #expect((1000...1000 + UInt64(clock.now.nanoseconds) - before).contains(exact[backoff]))

    #expect(memory(Takeover(journal: loaded(known))).counters == nil)
    #expect(memory(Takeover(journal: loaded(known, endedCleanly: true))).counters?[restarts] == 3)
    // With any service in the ledger those of the journal are older.
    #expect(memory(Takeover(journal: loaded(known, endedCleanly: true), ledger: ["web": words])).counters == nil)
    // Other columns than ours are no counters.
    #expect(memory(Takeover(ledger: ["dao": [1, 2, 3]])).counters == nil)
  }

  @Test("counts keep their start, never later than now; one that an earlier version did not keep is as old as what is known")
  func starts() throws {
    let names = ServiceView.Values.counterNames
    func since(_ countedSince: UInt64, counted: UInt64 = 0, firstSeen: Int64? = nil, inLedger: Bool) -> Timestamp? {
      var known = Journal.Loaded.Service()
      known.firstSeen = firstSeen
      known.counters = ["state_nanoseconds.running": counted, "counted_since": countedSince]
      guard inLedger else { return Takeover(journal: loaded(known, endedCleanly: true)).counts(of: "dao", clock: clock)?.since }
      var words = words(.stopped, run: 1, hasEnded: true, counters: names.map { $0 == "state_nanoseconds.running" ? counted : 0 })
      words[names.count] = countedSince
      return Takeover(journal: loaded(known), ledger: ["dao": words]).counts(of: "dao", clock: clock)?.since
    }
    for inLedger in [true, false] {
      #expect(since(9, counted: 50, inLedger: inLedger) == Timestamp(nanoseconds: 9))
      let before = Timestamp.now
      for later in [UInt64(before.nanoseconds) + 1 << 50, .max] {
        let since = try #require(since(later, inLedger: inLedger))
        #expect(before <= since && since <= .now)
      }
      let hour = UInt64(3_600_000_000_000)
      let old = try #require(since(0, counted: hour, inLedger: inLedger))
      #expect((before.nanoseconds - 1_000_000_000...Timestamp.now.nanoseconds).contains(old.nanoseconds + Int64(hour)))
      #expect(since(0, counted: hour, firstSeen: 70, inLedger: inLedger) == Timestamp(milliseconds: 70))
    }
  }

  @Test("wishes, and who had them, come from the journal")
  func wishes() {
    var known = Journal.Loaded.Service()
    known.intent = Intent(service: "dao", isUp: false, by: "api", at: 1000)
    let memory = memory(Takeover(journal: loaded(known)))
    #expect(memory.wish == false && memory.wishedBy == "api")
    #expect(memory.wishedAt.map { clock.timestamp($0) } == Timestamp(milliseconds: 1000))
  }

  @Test("a service that a person stopped has been stopped since that stop was over, whoever kept the time")
  func stoppedSince() throws {
    var known = Journal.Loaded.Service()
    known.intent = Intent(service: "dao", isUp: false, by: "api", at: 1000)
    (known.lastRun, known.lastEnd) = (3, Journal.Loaded.End(cause: "requested by api", at: 5000))
    func since(_ takeover: Takeover) -> Timestamp? { memory(takeover).leftAt.map { clock.timestamp($0) } }
    #expect(since(Takeover(journal: loaded(known))) == Timestamp(milliseconds: 5000))
    // It was in back-off when it was stopped.
    known.intent = Intent(service: "dao", isUp: false, by: "api", at: 7000)
    #expect(since(Takeover(journal: loaded(known))) == Timestamp(milliseconds: 7000))
    var ended = loaded(known)
    ended.endedCleanly = true
    ended.services["dao"]?.counters[HistoryWriter.enteredAt] = 6_500_000_000
    #expect(since(Takeover(journal: ended)) == Timestamp(nanoseconds: 6_500_000_000))
    var facts = LedgerFacts(stoppedAt: clock.now, countedSince: Timestamp(nanoseconds: 7))
    func killed() -> Takeover {
      Takeover(
        journal: loaded(known), ledger: ["dao": Array(repeating: 0, count: ServiceView.Values.counterNames.count) + facts.words])
    }
    facts.run = 3
    #expect(since(killed()) == Timestamp(milliseconds: 7000), "an earlier version did not keep it")
    facts.entered = 12
    #expect(memory(killed()).leftAt == Instant(nanoseconds: 12))
    (facts.entered, facts.since) = (.max, 0)
    #expect(try #require(memory(killed()).leftAt) <= clock.now)
  }

  @Test("a failed hook keeps its name over a restart of Stoker; what else a start failed with needs none")
  func failedHook() {
    func text(_ cause: String, _ stage: String?) -> String {
      LastError(Journal.Loaded.End(cause: cause, at: 0, stage: stage)).text.full
    }
    #expect(text("it exited with code 9: no config", "hook") == "pre-start hook: it exited with code 9: no config")
    #expect(text("its pre-start hook did not end in time", "hook") == "its pre-start hook did not end in time")
    #expect(text("executing '/x': ENOENT", "spawn") == "executing '/x': ENOENT" && text("exited with code 1", nil) == "exited with code 1")
  }

  @Test("facts survive the way through the ledger, and foreign words are none")
  func facts() {
    for status in Status.allCases {
      let words = self.words(status, run: 9, hasEnded: true, attempts: 3).suffix(LedgerFacts.columns.count)
      let facts = LedgerFacts(words)
      #expect(facts?.status == status && facts?.run == 9 && facts?.hasEnded == true && facts?.attempts == 3)
    }
    #expect(LedgerFacts([0, 99, 0, 0, 0, 0, 0, 0]) == nil && LedgerFacts([0, 0]) == nil)
    #expect(LedgerFacts([0, 0, 0, 0, 0, RunNumber.highest + 1, 0, 0]) == nil && LedgerFacts(Array(repeating: .max, count: 8)) == nil)
  }

  @Test("no number that was read from outside ends the program, however long it is counted on from there")
  func hostileNumbers() throws {
    for time in [Int64.min, -1, .max] {
      for number in [UInt64.max, 1 << 63, RunNumber.highest] {
        var known = Journal.Loaded.Service()
        (known.lastRun, known.lastRestart) = (RunNumber.highest, (time, .exit))
        (known.lastEnd, known.intent) = (
          Journal.Loaded.End(cause: "stopped", at: time), Intent(service: "dao", isUp: false, by: "", at: time)
        )
        known.uptime = UptimeHistory.Window.allCases.map { UptimeHistory.Bucket(window: $0, number: time, up: .max, total: .max) }
        known.counters = Dictionary(uniqueKeysWithValues: ServiceView.Values.counterNames.map { ($0, number) })
        var words = words(.running, run: RunNumber.highest, hasEnded: false, counters: known.counters.map(\.value))
        (words[words.count - 5], words[words.count - 4]) = (0, number)
        var run = living("dao", run: RunNumber.highest)
        run.record = RunningRecord(name: "dao", run: RunNumber.highest, identity: identity(10), bootID: "", startedAt: max(0, time))
        for ledger in [["dao": words], [:]] {
          var takeover = Takeover(journal: loaded(known, endedCleanly: true), ledger: ledger, runs: ["dao": run])
          takeover.reconcile()
          let memory = memory(takeover)
          #expect(memory.lastRestart.map { $0.at <= clock.now } == true)
          #expect(Timestamp(milliseconds: time).nanoseconds >= 0)
          // The core counts on from these.
          var core = Orchestrator(try DependencyGraph([dao.spec]), at: clock.now)
          _ = core.remember(memory, of: ServiceID(0), at: clock.now, jitter: { 0 })
          let view = core.view(ServiceID(0))
          #expect(view.restarts.total + 1 > 0 && view.timeInState.total + 1 > 0 && view.attempts + 1 > 0)
          #expect(view.run == RunNumber.highest)
        }
      }
    }
  }
}
