// Processes that report when they are ready, and processes that ask for more time.

import Orchestration
import Testing

@Suite("Readiness")
struct ReadinessTests {
  private func dao(_ change: (inout ServiceSpec) -> Void = { _ in }) -> ServiceSpec {
    ServiceSpec(name: "dao", start: StartPolicy(isNotified: true, timeout: .seconds(60))).with(change)
  }

  @Test("started is met as soon as the process lives, ready when it reports that, healthy after its first check")
  func conditions() throws {
    var rig = try Rig([
      dao { $0.check = CheckPolicy() }, .named("early", on: [0], .started), .named("mid", on: [0], .ready),
      .named("late", on: [0], .healthy),
    ])
    rig.boot()
    #expect(rig.statuses == ["starting", "running", "waiting", "waiting"])
    #expect(rig["dao"].isAlive && rig["dao"].isReadying && !rig["dao"].isReady)
    #expect(rig["dao"].runStarted == moment(0))
    rig.pass(.seconds(20))
    rig.say("dao", .ready)
    #expect(rig.statuses == ["running", "running", "running", "waiting"])
    #expect(!rig["dao"].isReadying && rig["dao"].isReady)
    #expect(rig["dao"].lastStartDuration == .seconds(20))
    #expect(rig["dao"].runStarted == moment(0))
    rig.passes["dao"] = true
    rig.pass(.seconds(2))
    #expect(rig.statuses == ["running", "running", "running", "running"])
  }

  @Test("a service that is not ready does not count as ready or initialized")
  func node() throws {
    var rig = try Rig([dao()])
    rig.boot()
    rig.pass(.seconds(10))
    #expect(!rig.core.node.isReady && !rig.core.node.isInitialized)
    rig.say("dao", .ready)
    #expect(rig.core.node.isReady && rig.core.node.isInitialized)
    #expect(rig["dao"].health == .healthy)
  }

  @Test("checks begin only when it is ready, and its start period with them")
  func checks() throws {
    var rig = try Rig([dao { $0.check = CheckPolicy(interval: .seconds(10), failureThreshold: 1, autoRecovery: false) }])
    rig.passes["dao"] = false
    rig.boot()
    rig.pass(.seconds(59))
    #expect(rig.count { if case .startCheck = $0 { true } else { false } } == 0)
    rig.say("dao", .ready)
    rig.pass(.seconds(9))
    #expect(rig["dao"].checks > 0)
    #expect(rig["dao"].health == .unknown)
    rig.pass(.seconds(3))
    #expect(rig["dao"].health == .unhealthy)
  }

  @Test("not ready in time: start_timeout, the run is stopped like any other, and the next attempt is delayed")
  func timeout() throws {
    var rig = try Rig([dao { $0.hooks = [.preStop, .postStop] }])
    rig.deaf = ["dao"]
    rig.boot()
    rig.pass(.seconds(60))
    #expect(rig["dao"].status == .stopping)
    #expect(rig["dao"].cause == .startTimedOut(.ready))
    #expect(rig.deeds() == ["dao spawn 1", "dao pre_stop", "dao signal 15"])
    rig.pass(.seconds(30))
    #expect(rig.deeds().suffix(2) == ["dao kill", "dao post_stop"])
    #expect(rig["dao"].status == .backoff)
    #expect(rig["dao"].nextAttempt == moment(92))
    #expect(rig["dao"].startFailures[.ready] == 1)
    rig.pass(.seconds(2))
    #expect(rig["dao"].restarts[.startTimeout] == 1)
    #expect(rig["dao"].attempts == 1)
  }

  @Test("the time of the pre-start hook is part of the start's")
  func sharedTimeout() throws {
    var rig = try Rig([dao { $0.hooks = [.preStart] }])
    rig.holdsHooks = ["dao pre_start"]
    rig.boot()
    rig.pass(.seconds(50))
    rig.finish(.preStart, of: "dao")
    rig.pass(.milliseconds(9999))
    #expect(rig["dao"].status == .starting)
    rig.pass(.milliseconds(1))
    #expect(rig.path(of: "dao") == ["starting", "stopping", "backoff"])
    #expect(rig["dao"].startFailures[.ready] == 1)
  }

  @Test("an end before it was ready is a failed attempt")
  func crash() throws {
    var rig = try Rig([dao()])
    rig.boot()
    rig.exit("dao", .code(3))
    #expect(rig["dao"].status == .backoff)
    #expect(rig["dao"].startFailures[.ready] == 1)
    #expect(rig["dao"].exits[.failure] == 1)
    #expect(rig["dao"].cause == .exited(.code(3)))
  }

  @Test(
    "a clean end before it was ready is no completion",
    arguments: [(RestartPolicy.Rule.onFailure, Status.backoff), (.always, .backoff), (.never, .failed)])
  func cleanEnd(rule: RestartPolicy.Rule, status: Status) throws {
    var rig = try Rig([dao { $0.restart.rule = rule }])
    rig.boot()
    rig.exit("dao", .code(0))
    #expect(rig["dao"].status == status)
    #expect(rig["dao"].health == .unhealthy)
    #expect(rig["dao"].startFailures[.ready] == 1)
    rig.pass(.seconds(2))
    #expect(rig["dao"].restarts[.startFailed] == (rule == .onFailure ? 1 : 0))
    // After it was ready, a clean end counts as clean.
    guard rule == .onFailure else { return }
    rig.say("dao", .ready)
    rig.exit("dao", .code(0))
    #expect(rig["dao"].status == .completed)
  }

  @Test("a notification that comes twice, too late or from an older run changes nothing")
  func late() throws {
    var rig = try Rig([dao()])
    rig.boot()
    rig.say("dao", .ready)
    let before = rig.log.count
    rig.say("dao", .ready)
    #expect(rig.log.count == before)
    rig.exit("dao")
    rig.say("dao", .ready)
    #expect(rig["dao"].status == .backoff)
    rig.pass(.seconds(2))
    rig.say("dao", .ready, run: 1)
    #expect(rig["dao"].status == .starting)
    rig.deaf = ["dao"]
    rig.stop("dao")
    rig.say("dao", .ready)
    #expect(rig["dao"].status == .stopping)
  }

  @Test("a word of readiness that is ahead of the news of the spawn counts when that comes, for its run only")
  func early() throws {
    var rig = try Rig([dao()])
    rig.holdsSpawns = ["dao"]
    rig.boot()
    rig.say("dao", .ready)
    #expect(rig["dao"].status == .starting)
    rig.spawned("dao")
    #expect(rig["dao"].status == .running)
    #expect(rig["dao"].cause == .ready)
    rig.exit("dao")
    rig.pass(.seconds(2))
    rig.spawned("dao")
    #expect(rig["dao"].isReadying)
  }

  @Test("a word of readiness from a service that need not say any changes nothing")
  func unasked() throws {
    var rig = try Rig([.named("edge")])
    rig.boot()
    let before = rig.log.count
    rig.say("edge", .ready)
    #expect(rig.log.count == before)
  }

  @Test("a restart while it is not ready yet joins the start; a stop ends it")
  func commands() throws {
    var rig = try Rig([dao()])
    rig.boot()
    rig.restart("dao")
    #expect(rig.deeds() == ["dao spawn 1"])
    rig.stop("dao")
    #expect(rig.deeds() == ["dao spawn 1", "dao signal 15"])
    #expect(rig["dao"].status == .stopped)
    #expect(rig["dao"].startFailures.total == 0)
  }

  @Test("a dependency that is about to go down while not ready meets nothing any more")
  func goingDown() throws {
    var rig = try Rig([dao(), .named("edge", on: [0]), .named("tail", on: [0]).with { $0.isEnabled = false }])
    rig.boot()
    rig.deaf = ["edge"]
    rig.stop("dao", .cascade)
    #expect(rig.statuses == ["starting", "stopping", "stopped"])
    #expect(rig["dao"].isStopDue)
    // It has just become ready: it still waits for its dependent, and then goes down.
    rig.say("dao", .ready)
    rig.pass(.seconds(30))
    #expect(rig.statuses == ["stopped", "stopped", "stopped"])
  }

  @Test("wanted again after it got ready on the way down, its start-up failures still do not count")
  func backFromTheBrink() throws {
    var rig = try Rig([dao { $0.check = CheckPolicy(interval: .seconds(10), failureThreshold: 1) }, .named("edge", on: [0])])
    rig.passes["dao"] = false
    rig.boot()
    rig.deaf = ["edge"]
    rig.stop("dao", .cascade)
    rig.say("dao", .ready)
    rig.start("dao")
    rig.pass(.seconds(9))
    #expect(rig["dao"].checks > 0)
    #expect(rig["dao"].health == .unknown)
    rig.pass(.seconds(3))
    #expect(rig["dao"].health == .unhealthy)
  }

  // MARK: More time

  @Test("more time moves the deadline of a start, from the moment at which it is asked for, and never back")
  func extendStart() throws {
    var rig = try Rig([dao()])
    rig.boot()
    rig.pass(.seconds(50))
    rig.say("dao", .extendTimeout(.seconds(5)))
    rig.say("dao", .extendTimeout(.seconds(30)))
    rig.say("dao", .extendTimeout(.seconds(1)))
    rig.pass(.milliseconds(29_999))
    #expect(rig["dao"].status == .starting)
    rig.pass(.milliseconds(1))
    #expect(rig["dao"].startFailures[.ready] == 1)
    #expect(rig.path(of: "dao") == ["starting", "stopping", "backoff"])
  }

  @Test("more time moves the deadline of a stop, hooks and signal alike", arguments: [false, true])
  func extendStop(hasHook: Bool) throws {
    var rig = try Rig([ServiceSpec(name: "dao", hooks: hasHook ? [.stop] : [])])
    rig.deaf = ["dao"]
    rig.holdsHooks = ["dao stop"]
    rig.boot()
    rig.stop("dao")
    rig.pass(.seconds(29))
    rig.say("dao", .extendTimeout(.seconds(60)))
    rig.pass(.seconds(59))
    #expect(rig["dao"].isAlive)
    rig.pass(.seconds(1))
    #expect(rig["dao"].status == .stopped)
    #expect(rig["dao"].stopKills == 1)
    #expect(rig["dao"].lastStopDuration == .seconds(89))
  }

  @Test("in the full stop no process gets more time, and extra time from before does not count")
  func fullStop() throws {
    var rig = try Rig([ServiceSpec(name: "dao"), ServiceSpec(name: "edge"), ServiceSpec(name: "tail", hooks: [.stop])])
    rig.deaf = ["dao", "edge", "tail"]
    rig.holdsHooks = ["tail stop"]
    rig.boot()
    for name in ["edge", "tail"] {
      rig.stop(name)
      rig.say(name, .extendTimeout(.seconds(3600)))
    }
    rig.pass(.seconds(10))
    rig.command(.shutdown)
    rig.say("dao", .extendTimeout(.seconds(3600)))
    rig.pass(.seconds(30))
    #expect(rig.report?.killed.sorted() == [rig.id("dao"), rig.id("edge"), rig.id("tail")])
    #expect(rig.reportedAt == moment(40))
  }

  @Test("more time means nothing to a service that runs, or is given up on")
  func extendNothing() throws {
    var rig = try Rig([ServiceSpec(name: "dao")])
    rig.deaf = ["dao"]
    rig.immortal = ["dao"]
    rig.boot()
    rig.say("dao", .extendTimeout(.seconds(100)))
    #expect(rig.core.nextDeadline == nil)
    rig.stop("dao")
    rig.pass(.seconds(30))
    rig.say("dao", .extendTimeout(.seconds(100)))
    rig.pass(.seconds(5))
    #expect(rig["dao"].isLeftOver)
  }
}
