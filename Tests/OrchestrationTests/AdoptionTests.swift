// Runs of an earlier Stoker, alive or ended (rule 26).

import Orchestration
import Testing

@Suite("Adoption")
struct AdoptionTests {
  @Test("a running service is adopted without a spawn, as the run that it is")
  func adopted() throws {
    let rig = try Rig.booted([.named("dao")], ["dao": memory(.live)])
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
    var rig = try Rig.booted([ServiceSpec(name: "dao", check: CheckPolicy())], ["dao": memory(.live)])
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
    var rig = try Rig.booted([.named("dao")], ["dao": memory(.live) { $0.attempts = 2 }])
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
    var rig = try Rig.booted([.named("dao")], ["dao": memory(.live) { $0.attempts = 2 }])
    rig.pass(.seconds(600))
    #expect(rig["dao"].attempts == 0)
  }

  @Test("an adopted service that ended in an unknown way is restarted, with a higher run")
  func unknownEnd() throws {
    var rig = try Rig.booted([.named("dao")], ["dao": memory(.live)])
    rig.pass(.seconds(10))
    rig.exit("dao", .unknown)
    #expect(rig["dao"].status == .backoff)
    #expect(rig["dao"].exits[.failure] == 1)
    rig.pass(.seconds(2))
    #expect(rig.deeds() == ["dao spawn 8"])
    #expect(rig["dao"].restarts[.exit] == 1)
  }

  @Test("a service that has ended meanwhile is started with a run higher than any before")
  func gone() throws {
    let rig = try Rig.booted([.named("dao")], ["dao": memory(.gone) { $0.lastRestart = (moment(-100), .oom) }])
    #expect(rig.deeds() == ["dao spawn 8"])
    #expect(rig["dao"].restarts.total == 0)
    #expect(rig["dao"].lastRestartReason == .oom && rig["dao"].lastRestart == moment(-100))
  }

  @Test("an end between two Stokers is judged like any other: counted, delayed, with an attempt, and the post-stop hook runs")
  func ended() throws {
    var rig = try Rig.booted([ServiceSpec(name: "dao", hooks: [.postStop])], ["dao": memory(.ended) { $0.attempts = 1 }])
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

  @Test("after an end between two Stokers a service fails if it has no attempt left, and rests if it is not wanted")
  func endedForGood() throws {
    let rig = try Rig.booted(
      [.named("dao"), .named("edge"), .named("tail").with { $0.restart.rule = .never }],
      ["dao": memory(.ended) { $0.attempts = 3 }, "edge": memory(.ended) { $0.wish = false }, "tail": memory(.ended)])
    #expect(rig.statuses == ["failed", "stopped", "failed"])
    #expect(rig["dao"].isLimitReached && !rig["tail"].isLimitReached)
    #expect(rig.count { if case .changed(let change) = $0, case .gaveUp = change.what { true } else { false } } == 1)
    #expect(rig.deeds().isEmpty)
  }

  @Test("an adopted service is stopped with its hooks and its signal, as any other")
  func stop() throws {
    var rig = try Rig.booted([ServiceSpec(name: "dao", hooks: Set(Hook.allCases))], ["dao": memory(.live)])
    // Its start was long ago: no hook of a start runs.
    #expect(rig.deeds().isEmpty)
    rig.stop("dao")
    #expect(rig.deeds() == ["dao pre_stop", "dao stop", "dao signal 15", "dao post_stop"])
  }

  @Test("the watchdog of an adopted service begins again")
  func watchdog() throws {
    var rig = try Rig.booted([ServiceSpec(name: "dao", watchdog: .seconds(10))], ["dao": memory(.live)])
    rig.pass(.milliseconds(9999))
    #expect(rig["dao"].status == .running)
    rig.pass(.milliseconds(1))
    #expect(rig["dao"].cause == .watchdog)
  }

  @Test("a service that had not reported that it is ready goes on with its start, and has its whole timeout from now on")
  func readying() throws {
    let spec = ServiceSpec(name: "dao", start: StartPolicy(isNotified: true, timeout: .seconds(60)), hooks: [.preStart, .postStart])
    let half = memory(.running(since: moment(-50), isReady: false))
    var rig = try Rig.booted([spec, .named("edge", on: [0], .ready), .named("tail", on: [0], .started)], ["dao": half])
    #expect(rig.statuses == ["starting", "waiting", "running"])
    #expect(rig["dao"].isReadying && rig["dao"].isAlive)
    rig.pass(.seconds(59))
    rig.say("dao", .ready)
    #expect(rig.statuses == ["running", "running", "running"])
    #expect(rig.deeds(of: "dao") == ["post_start"])
    var silent = try Rig.booted([spec], ["dao": half])
    silent.pass(.seconds(60))
    #expect(silent["dao"].status == .backoff)
    #expect(silent["dao"].startFailures[.ready] == 1)
  }

  @Test("a service without notification is running, independently of the record")
  func notNotified() throws {
    let rig = try Rig.booted([.named("dao")], ["dao": memory(.running(since: moment(-1), isReady: false))])
    #expect(rig["dao"].status == .running)
  }

  @Test("processes that the main process left behind are ended first, and the counted exit is not counted again")
  func remains() throws {
    var rig = try Rig([ServiceSpec(name: "dao", hooks: [.postStop])])
    rig.deaf = ["dao"]
    rig.remember(memory(.remains) { $0.attempts = 1 }, of: "dao")
    rig.boot()
    #expect(rig.deeds() == ["dao signal 15"])
    #expect(rig["dao"].status == .stopping && !rig["dao"].isAlive && rig["dao"].isDesiredUp)
    #expect(rig["dao"].health == .unhealthy)
    rig.pass(.seconds(30))
    #expect(rig.deeds() == ["dao signal 15", "dao kill"])
    rig.feed(.emptied(rig.id("dao"), run: 7))
    #expect(rig.deeds() == ["dao signal 15", "dao kill", "dao post_stop"])
    #expect(rig["dao"].backoff == .seconds(4))
    #expect(rig["dao"].exits.total == 0)
    rig.pass(.seconds(4))
    #expect(rig["dao"].run == 8 && rig["dao"].status == .running)
  }

  @Test("the remaining processes of a service that is not wanted are ended, too, and nothing follows")
  func unwantedRemains() throws {
    var rig = try Rig([.named("dao")])
    rig.deaf = ["dao"]
    rig.remember(memory(.remains) { $0.wish = false }, of: "dao")
    rig.boot()
    #expect(rig.deeds() == ["dao signal 15"])
    #expect(rig["dao"].health == .unknown && !rig["dao"].isDesiredUp)
    rig.feed(.emptied(rig.id("dao"), run: 7))
    #expect(rig["dao"].status == .stopped)
    rig.pass(.seconds(100))
    #expect(rig.spawns(of: "dao").isEmpty)
  }
}
