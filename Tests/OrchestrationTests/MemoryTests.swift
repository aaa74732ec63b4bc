// Going on where an earlier Stoker ended (rules 26, 33): runs that are adopted, wishes, counters.

import Orchestration
import Testing

@Suite("Memory")
struct MemoryTests {
  private func memory(_ standing: Memory.Standing, _ change: (inout Memory) -> Void = { _ in }) -> Memory {
    var memory = Memory()
    memory.standing = standing
    memory.lastRun = 7
    change(&memory)
    return memory
  }

  private let live = Memory.Standing.running(since: Instant(nanoseconds: -5_000_000_000), isReady: true)

  /// A core that remembers, booted.
  private func booted(_ specs: [ServiceSpec], _ memories: [String: Memory]) throws -> Rig {
    var rig = try Rig(specs)
    for (name, memory) in memories.sorted(by: { $0.key < $1.key }) { rig.remember(memory, of: name) }
    rig.boot()
    return rig
  }

  // MARK: Runs that are there

  @Test("a running service is adopted without a spawn, as the run that it is")
  func adopted() throws {
    let rig = try booted([.named("dao")], ["dao": memory(live)])
    #expect(rig.deeds().isEmpty)
    #expect(rig["dao"].status == .running)
    #expect(rig["dao"].run == 7)
    #expect(rig["dao"].runStarted == moment(-5))
    #expect(rig["dao"].cause == .adopted)
    #expect(rig["dao"].health == .healthy)
    #expect(rig["dao"].isAlive && rig["dao"].isDesiredUp)
    #expect(rig.core.node.isInitialized && rig.core.node.isReady)
  }

  @Test("an adopted service is well when its checks say so, and checks begin at once")
  func health() throws {
    var rig = try booted([ServiceSpec(name: "dao", check: CheckPolicy())], ["dao": memory(live)])
    #expect(rig["dao"].health == .unknown)
    rig.passes["dao"] = true
    rig.pass(.seconds(1))
    #expect(rig["dao"].health == .healthy)
    let asked = rig.log.compactMap { entry -> UInt64? in
      if case .startCheck(_, _, let run) = entry.action { return run } else { return nil }
    }
    #expect(asked == [7])
  }

  @Test("attempts are kept, and the limit goes on from them")
  func attempts() throws {
    var rig = try booted([.named("dao")], ["dao": memory(live) { $0.attempts = 2 }])
    #expect(rig["dao"].attempts == 2)
    rig.exit("dao", .unknown)
    #expect(rig["dao"].backoff == .seconds(8))
    rig.pass(.seconds(8))
    #expect(rig["dao"].attempts == 3)
    rig.exit("dao")
    #expect(rig["dao"].status == .failed && rig["dao"].isLimitReached)
  }

  @Test("attempts of an adopted service go back to 0 after reset_after")
  func resetAfter() throws {
    var rig = try booted([.named("dao")], ["dao": memory(live) { $0.attempts = 2 }])
    rig.pass(.seconds(600))
    #expect(rig["dao"].attempts == 0)
  }

  @Test("an adopted service that ended in an unknown way is restarted, with a higher run")
  func unknownEnd() throws {
    var rig = try booted([.named("dao")], ["dao": memory(live)])
    rig.pass(.seconds(10))
    rig.exit("dao", .unknown)
    #expect(rig["dao"].status == .backoff)
    #expect(rig["dao"].exits[.failure] == 1)
    rig.pass(.seconds(2))
    #expect(rig.deeds() == ["dao spawn 8"])
    #expect(rig["dao"].restarts[.exit] == 1)
  }

  @Test("what has ended meanwhile is started with a run higher than any that was")
  func gone() throws {
    let rig = try booted([.named("dao")], ["dao": memory(.gone) { $0.lastRestart = (moment(-100), .oom) }])
    #expect(rig.deeds() == ["dao spawn 8"])
    #expect(rig["dao"].restarts.total == 0)
    #expect(rig["dao"].lastRestartReason == .oom && rig["dao"].lastRestart == moment(-100))
  }

  @Test("what ended while nobody looked is judged like an end: counted, delayed, with an attempt, and its post-stop hook runs")
  func ended() throws {
    var rig = try booted([ServiceSpec(name: "dao", hooks: [.postStop])], ["dao": memory(.ended) { $0.attempts = 1 }])
    #expect(rig.deeds() == ["dao post_stop"])
    #expect(rig["dao"].status == .backoff)
    #expect(rig["dao"].backoff == .seconds(4))
    #expect(rig["dao"].exits[.failure] == 1 && rig["dao"].lastExit == .unknown)
    #expect(rig["dao"].health == .unhealthy)
    rig.pass(.seconds(4))
    #expect(rig["dao"].run == 8 && rig["dao"].attempts == 2)
    #expect(rig["dao"].restarts[.exit] == 1)
    #expect(rig.core.node.isInitialized && rig.core.node.isReady)
  }

  @Test("what ended while nobody looked is given up if it has no attempt left, and rests if nobody wants it")
  func endedForGood() throws {
    let rig = try booted(
      [.named("dao"), .named("edge"), .named("tail").with { $0.restart.rule = .never }],
      ["dao": memory(.ended) { $0.attempts = 3 }, "edge": memory(.ended) { $0.wish = false }, "tail": memory(.ended)])
    #expect(rig.statuses == ["failed", "stopped", "failed"])
    #expect(rig["dao"].isLimitReached && !rig["tail"].isLimitReached)
    #expect(rig.count { if case .changed(let change) = $0, case .gaveUp = change.what { true } else { false } } == 1)
    #expect(rig.deeds().isEmpty)
  }

  @Test("an adopted service is stopped with its hooks and its signal, as any other")
  func stop() throws {
    var rig = try booted([ServiceSpec(name: "dao", hooks: Set(Hook.allCases))], ["dao": memory(live)])
    // Its start was long ago: no hook of a start runs.
    #expect(rig.deeds().isEmpty)
    rig.stop("dao")
    #expect(rig.deeds() == ["dao pre_stop", "dao stop", "dao signal 15", "dao post_stop"])
  }

  @Test("the watchdog of an adopted service begins anew")
  func watchdog() throws {
    var rig = try booted([ServiceSpec(name: "dao", watchdog: .seconds(10))], ["dao": memory(live)])
    rig.pass(.milliseconds(9999))
    #expect(rig["dao"].status == .running)
    rig.pass(.milliseconds(1))
    #expect(rig["dao"].cause == .watchdog)
  }

  @Test("one that had not said that it is ready goes on with its start, and has its timeout from now on")
  func readying() throws {
    let spec = ServiceSpec(name: "dao", start: StartPolicy(isNotified: true, timeout: .seconds(60)), hooks: [.preStart, .postStart])
    let half = memory(.running(since: moment(-50), isReady: false))
    var rig = try booted([spec, .named("edge", on: [0], .ready), .named("tail", on: [0], .started)], ["dao": half])
    #expect(rig.statuses == ["starting", "waiting", "running"])
    #expect(rig["dao"].isReadying && rig["dao"].isAlive)
    rig.pass(.seconds(59))
    rig.say("dao", .ready)
    #expect(rig.statuses == ["running", "running", "running"])
    #expect(rig.deeds(of: "dao") == ["post_start"])
    var silent = try booted([spec], ["dao": half])
    silent.pass(.seconds(60))
    #expect(silent["dao"].status == .backoff)
    #expect(silent["dao"].startFailures[.ready] == 1)
  }

  @Test("who need not say that it is ready is running, whatever was kept")
  func notNotified() throws {
    let rig = try booted([.named("dao")], ["dao": memory(.running(since: moment(-1), isReady: false))])
    #expect(rig["dao"].status == .running)
  }

  // MARK: Wishes

  @Test("one that a person had stopped, and that is there all the same, is adopted and stopped at the boot")
  func unwanted() throws {
    var rig = try Rig([.named("dao"), .named("edge", on: [0])])
    rig.remember(
      memory(live) {
        $0.wish = false; $0.wishedBy = "api"
      }, of: "dao")
    #expect(rig["dao"].status == .running)
    rig.boot()
    #expect(rig.deeds(of: "dao") == ["signal 15"])
    #expect(rig["dao"].status == .stopped)
    #expect(rig["dao"].desiredBy == .earlier("api"))
    #expect(rig["edge"].status == .waiting)
  }

  @Test("one that a person had stopped is not started, one that a person had started is, enabled or not")
  func wishes() throws {
    let specs: [ServiceSpec] = [.named("down"), .named("up").with { $0.isEnabled = false }, .named("off").with { $0.isEnabled = false }]
    let rig = try booted(specs, ["down": memory(.gone) { $0.wish = false }, "up": memory(.gone) { $0.wish = true }, "off": memory(.gone)])
    #expect(rig.statuses == ["stopped", "running", "stopped"])
    #expect(rig["down"].desiredBy == .earlier(""))
  }

  @Test("what had completed or was given up in the same life of its services stays so, and needs the same to start again")
  func completedAndFailed() throws {
    let specs = [ServiceSpec(name: "job", kind: .oneshot), .named("dao"), .named("edge", on: [0], .completed), .named("tail")]
    var rig = try booted(
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

  @Test("one that was given up, and that a person had stopped since, is stopped with attempts 0")
  func failedAndStopped() throws {
    let rig = try booted(
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
    rig.remember(memory(live), of: "low")
    rig.boot()
    #expect(rig.statuses == ["running", "starting", "waiting"])
    rig.spawned("slow")
    #expect(rig.statuses == ["running", "running", "running"])
    // An adopted one above a barrier is not touched by it.
    var other = try Rig(specs)
    other.holdsSpawns = ["slow"]
    other.remember(memory(live), of: "high")
    other.boot()
    #expect(other.statuses == ["running", "starting", "running"])
    #expect(!other.core.node.isInitialized)
    other.spawned("slow")
    #expect(other.core.node.isInitialized)
  }

  @Test("the full stop takes adopted ones down in order")
  func fullStop() throws {
    var rig = try booted([.named("dao"), .named("edge", on: [0])], ["dao": memory(live), "edge": memory(live)])
    rig.command(.shutdown)
    #expect(rig.signals == ["edge", "dao"])
    #expect(rig.report == StopReport(killed: [], leftOver: []))
  }

  @Test("a full stop before the boot ends what was adopted")
  func fullStopBeforeBoot() throws {
    var rig = try Rig([.named("dao")])
    rig.remember(memory(live), of: "dao")
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
    let rig = try booted([.named("dao")], ["dao": memory(live) { $0.counters = counters }])
    var expected = counters
    // The stay in `stopped` of no length at all added nothing.
    #expect(rig["dao"].counters == expected)
    func value(_ name: String) -> UInt64? { names.firstIndex(of: name).map { counters[$0] } }
    #expect(rig["dao"].restarts[.startTimeout] == value("restarts.start_timeout"))
    #expect(rig["dao"].exits[.oom] == value("exits.oom"))
    #expect(rig["dao"].startFailures[.ready] == value("start_failures.ready"))
    #expect(rig["dao"].timeInState[.backoff] == value("state_nanoseconds.backoff"))
    #expect(rig["dao"].stopKills == value("stop_kills"))
    #expect(rig["dao"].checks == value("checks") && rig["dao"].checkFailures == value("check_failures"))
    // And they go on from there.
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
    let rig = try booted([.named("dao")], ["dao": memory(live) { $0.counters = Array(repeating: 5, count: count) }])
    #expect(rig["dao"].counters.allSatisfy { $0 == 0 })
  }
}
