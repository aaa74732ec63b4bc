// Wishes, barriers and counters across a restart of Stoker (rules 26, 33).

import Orchestration
import Testing

@Suite("Memory")
struct MemoryTests {
  // MARK: Wishes

  @Test("one that a person had stopped, and that is there all the same, is adopted and stopped at the boot")
  func unwanted() throws {
    var rig = try Rig([.named("dao"), .named("edge", on: [0])])
    rig.remember(
      memory(.live) {
        $0.wish = false; $0.wishedBy = "api"
      }, of: "dao")
    #expect(rig["dao"].status == .running)
    rig.boot()
    #expect(rig.deeds(of: "dao") == ["signal 15"])
    #expect(rig["dao"].status == .stopped)
    #expect(rig["dao"].desiredBy == .earlier("api"))
    #expect(rig["edge"].status == .waiting)
  }

  @Test("a state began when it began, not when it was taken over; time in states counts from the takeover")
  func since() throws {
    let (early, late) = (Instant(nanoseconds: -90_000_000_000), Instant(nanoseconds: -30_000_000_000))
    let rig = try Rig.booted(
      [.named("live"), .named("down"), .named("broken"), .named("done")],
      [
        "live": memory(.live) { $0.counters = Array(repeating: 0, count: ServiceView.Values.counterNames.count) },
        "down": memory(.gone) { ($0.wish, $0.wishedBy, $0.wishedAt, $0.leftAt) = (false, "the command line", early, late) },
        "broken": memory(.failed(byLimit: true)) { $0.leftAt = late }, "done": memory(.completed) { $0.leftAt = late },
      ])
    let snapshot = rig.core.snapshot()
    #expect(snapshot.services.map(\.enteredAt) == [Instant(nanoseconds: -5_000_000_000), late, late, late])
    #expect(snapshot.services.allSatisfy { $0.since >= Instant(nanoseconds: 0) && $0.timeInState.total == 0 })
    #expect(snapshot.clause(ServiceID(0), at: rig.now).hasPrefix("live has been running for"))
    #expect(snapshot.clause(ServiceID(1), at: rig.now).hasSuffix("requested by the command line"))
    #expect(snapshot.note(of: ServiceID(1), nil) { _ in ServiceErrors() } == "stopped by the command line")
  }

  @Test("the health of the node is that of all services, and is said once all have been taken over")
  func node() throws {
    var rig = try Rig([.named("live"), .named("broken")])
    rig.remember(memory(.live), of: "live")
    rig.remember(memory(.failed(byLimit: true)), of: "broken")
    #expect(rig.core.node.health == .unknown)
    rig.boot()
    let told = rig.log.compactMap { entry -> Health? in
      guard case .changed(let change) = entry.action, case .composite(_, let health) = change.what else { return nil }
      return health
    }
    #expect(told == [.unhealthy])
  }

  @Test("a disabled one that a person had stopped says so, and one that the file starts now starts")
  func stoppedAndDisabled() throws {
    let early = Instant(nanoseconds: -90_000_000_000)
    let stopped = memory(.gone) { ($0.wishedBy, $0.wishedAt) = ("the command line", early) }
    let rig = try Rig.booted([.named("off").with { $0.isEnabled = false }, .named("on")], ["off": stopped, "on": stopped])
    #expect(rig.statuses == ["stopped", "running"])
    let snapshot = rig.core.snapshot()
    #expect(snapshot.note(of: ServiceID(0), nil) { _ in ServiceErrors() } == "disabled, stopped by the command line")
    #expect(snapshot.clause(ServiceID(0), at: rig.now) == "off is disabled, and has been stopped for 1 min: requested by the command line")
  }

  @Test("one that a person had stopped is not started, one that a person had started is, enabled or not")
  func wishes() throws {
    let specs: [ServiceSpec] = [.named("down"), .named("up").with { $0.isEnabled = false }, .named("off").with { $0.isEnabled = false }]
    let rig = try Rig.booted(
      specs, ["down": memory(.gone) { $0.wish = false }, "up": memory(.gone) { $0.wish = true }, "off": memory(.gone)])
    #expect(rig.statuses == ["stopped", "running", "stopped"])
    #expect(rig["down"].desiredBy == .earlier(""))
  }

  @Test("a service that had completed or failed in the same life of the services stays so, and needs the same command to start again")
  func completedAndFailed() throws {
    let specs = [ServiceSpec(name: "job", kind: .oneshot), .named("dao"), .named("edge", on: [0], .completed), .named("tail")]
    var rig = try Rig.booted(
      specs,
      [
        "job": memory(.completed), "dao": memory(.failed(byLimit: true)) { $0.attempts = 3 },
        "tail": memory(.failed(byLimit: false)) { $0.wish = true },
      ])
    #expect(rig.statuses == ["completed", "failed", "running", "failed"])
    #expect(rig["job"].health == .healthy && rig["dao"].health == .unhealthy)
    #expect(rig["job"].cause == .remembered)
    #expect(rig["dao"].attempts == 3 && rig["dao"].isLimitReached && !rig["tail"].isLimitReached)
    #expect(rig.core.node.isInitialized && !rig.core.node.isReady)
    #expect(rig.restart("dao") == .refused(.restartLimitExceeded))
    #expect(rig.start("tail") == accepted)
    #expect(rig.restart("dao", force: true) == accepted)
    #expect(rig.deeds(of: "dao") == ["spawn 8"])
  }

  @Test("a failed service that a person had stopped since is stopped with attempts 0")
  func failedAndStopped() throws {
    let rig = try Rig.booted(
      [.named("dao")],
      [
        "dao": memory(.failed(byLimit: true)) {
          $0.wish = false; $0.attempts = 3
        }
      ])
    #expect(rig["dao"].status == .stopped)
    #expect(rig["dao"].attempts == 0)
    #expect(!rig["dao"].isDesiredUp)
    #expect(rig["dao"].health == .unknown)
  }

  // MARK: The whole

  @Test("barriers are open where those below were adopted, and closed where they have still to start")
  func barriers() throws {
    let specs: [ServiceSpec] = [.named("low"), .named("slow"), .named("high").with { $0.layer = 1 }]
    var rig = try Rig(specs)
    rig.holdsSpawns = ["slow"]
    rig.remember(memory(.live), of: "low")
    rig.boot()
    #expect(rig.statuses == ["running", "starting", "waiting"])
    rig.spawned("slow")
    #expect(rig.statuses == ["running", "running", "running"])
    // An adopted one above a barrier is not touched by it.
    var other = try Rig(specs)
    other.holdsSpawns = ["slow"]
    other.remember(memory(.live), of: "high")
    other.boot()
    #expect(other.statuses == ["running", "starting", "running"])
    #expect(!other.core.node.isInitialized)
    other.spawned("slow")
    #expect(other.core.node.isInitialized)
  }

  @Test("the full stop takes adopted ones down in order")
  func fullStop() throws {
    var rig = try Rig.booted([.named("dao"), .named("edge", on: [0])], ["dao": memory(.live), "edge": memory(.live)])
    rig.command(.shutdown)
    #expect(rig.signals == ["edge", "dao"])
    #expect(rig.report == StopReport(killed: [], leftOver: []))
  }

  @Test("a full stop before the boot ends adopted runs")
  func fullStopBeforeBoot() throws {
    var rig = try Rig([.named("dao")])
    rig.remember(memory(.live), of: "dao")
    rig.command(.shutdown)
    #expect(rig.signals == ["dao"])
    #expect(rig.report != nil)
    #expect(rig.boot() == .refused(.shuttingDown))
  }

  // MARK: Counters

  @Test("counters are taken over exactly, in the order of their names")
  func counters() throws {
    let names = ServiceView.Values.counterNames
    #expect(Set(names).count == names.count)
    let counters = names.indices.map { UInt64($0 * 1000 + 17) }
    let rig = try Rig.booted([.named("dao")], ["dao": memory(.live) { $0.counters = counters }])
    var expected = counters
    // The stay in `stopped`, of length 0, added nothing.
    #expect(rig["dao"].counters == expected)
    func value(_ name: String) -> UInt64? { names.firstIndex(of: name).map { counters[$0] } }
    #expect(rig["dao"].restarts[.startTimeout] == value("restarts.start_timeout"))
    #expect(rig["dao"].exits[.oom] == value("exits.oom"))
    #expect(rig["dao"].startFailures[.ready] == value("start_failures.ready"))
    #expect(rig["dao"].timeInState[.backoff] == value("state_nanoseconds.backoff"))
    #expect(rig["dao"].stopKills == value("stop_kills"))
    #expect(rig["dao"].checks == value("checks") && rig["dao"].checkFailures == value("check_failures"))
    // The counters go on from there.
    var later = rig
    later.exit("dao")
    later.pass(.seconds(2))
    for name in ["exits.failure", "restarts.exit"] { expected[names.firstIndex(of: name) ?? 0] += 1 }
    expected[names.firstIndex(of: "state_nanoseconds.backoff") ?? 0] += 2_000_000_000
    #expect(later["dao"].counters == expected)
  }

  @Test("another number of counters than there are names is not taken over", arguments: [0, 1, -1])
  func otherCounters(difference: Int) throws {
    let count = difference == 0 ? 0 : ServiceView.Values.counterNames.count + difference
    let rig = try Rig.booted([.named("dao")], ["dao": memory(.live) { $0.counters = Array(repeating: 5, count: count) }])
    #expect(rig["dao"].counters.allSatisfy { $0 == 0 })
  }
}
