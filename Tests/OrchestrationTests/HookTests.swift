// The hooks of a start and of a crash; late answers change nothing.

import Orchestration
import Testing

@Suite("Hooks of a start")
struct HookTests {
  private static let all = Set(Hook.allCases)

  private func dao(_ hooks: Set<Hook>, _ change: (inout ServiceSpec) -> Void = { _ in }) -> ServiceSpec {
    ServiceSpec(name: "dao", hooks: hooks).with(change)
  }

  @Test("the pre-start hook runs before the spawn, the post-start hook after it")
  func order() throws {
    var rig = try Rig([dao(Self.all)])
    rig.boot()
    #expect(rig.deeds() == ["dao pre_start", "dao spawn 1", "dao post_start"])
    #expect(rig.path(of: "dao") == ["starting", "running"])
    #expect(rig["dao"].hook == nil)
  }

  @Test("until the pre-start hook has ended nothing is spawned, nothing lives, and the view names the hook")
  func waitsForPreStart() throws {
    var rig = try Rig([dao([.preStart]), .named("edge", on: [0])])
    rig.holdsHooks = ["dao pre_start"]
    rig.boot()
    rig.pass(.seconds(59))
    #expect(rig["dao"].status == .starting)
    #expect(rig["dao"].hook == .preStart)
    #expect(!rig["dao"].isAlive)
    #expect(rig["dao"].runStarted == nil)
    #expect(rig["edge"].status == .waiting)
    rig.finish(.preStart, of: "dao")
    #expect(rig.statuses == ["running", "running"])
    #expect(rig["dao"].lastStartDuration == .seconds(59))
  }

  @Test("with readiness the post-start hook waits for it")
  func postStartAfterReady() throws {
    var rig = try Rig([dao([.postStart]) { $0.start.isNotified = true }])
    rig.boot()
    #expect(rig.deeds() == ["dao spawn 1"])
    rig.say("dao", .ready)
    #expect(rig.deeds() == ["dao spawn 1", "dao post_start"])
  }

  @Test("a pre-start hook that fails is a failed attempt: stage hook, back-off, reason start_failed, given up at the limit")
  func preStartFails() throws {
    var rig = try Rig([dao([.preStart])])
    rig.failsHooks = ["dao pre_start"]
    rig.boot()
    #expect(rig["dao"].status == .backoff)
    #expect(rig["dao"].health == .unhealthy)
    #expect(rig["dao"].cause == .startFailed(.hook))
    #expect(rig["dao"].startFailures[.hook] == 1)
    rig.pass(.seconds(3600))
    #expect(rig["dao"].status == .failed)
    #expect(rig["dao"].restarts[.startFailed] == 3)
    #expect(rig["dao"].startFailures[.hook] == 4)
    #expect(rig.spawns(of: "dao").isEmpty)
    #expect(rig["dao"].exits.total == 0)
  }

  @Test("a pre-start hook over its time is cancelled and counts as start_timeout")
  func preStartTimesOut() throws {
    var rig = try Rig([dao([.preStart]) { $0.start.timeout = .seconds(10) }])
    rig.holdsHooks = ["dao pre_start"]
    rig.boot()
    rig.pass(.seconds(9))
    #expect(rig["dao"].status == .starting)
    rig.pass(.seconds(1))
    #expect(rig.deeds() == ["dao pre_start", "dao cancel pre_start"])
    #expect(rig["dao"].status == .backoff)
    #expect(rig["dao"].cause == .startTimedOut(.hook))
    #expect(rig["dao"].startFailures[.hook] == 1)
    rig.pass(.seconds(2))
    #expect(rig["dao"].restarts[.startTimeout] == 1)
  }

  @Test("a cancelled pre-start hook that will not end is waited for, for the grace only")
  func deafPreStart() throws {
    var rig = try Rig([dao([.preStart]) { $0.start.timeout = .seconds(10) }])
    rig.holdsHooks = ["dao pre_start"]
    rig.deafHooks = ["dao pre_start"]
    rig.boot()
    rig.pass(.seconds(10))
    #expect(rig["dao"].status == .stopping)
    rig.pass(.seconds(5))
    #expect(rig["dao"].status == .backoff)
    // Its answer is late by then.
    rig.finish(.preStart, of: "dao", passed: false)
    #expect(rig["dao"].startFailures[.hook] == 1)
    #expect(rig["dao"].status == .backoff)
  }

  @Test("a stop during the pre-start hook never spawns", arguments: [false, true])
  func stopDuringPreStart(passes: Bool) throws {
    var rig = try Rig([dao([.preStart])])
    rig.holdsHooks = ["dao pre_start"]
    rig.deafHooks = ["dao pre_start"]
    rig.boot()
    rig.stop("dao")
    #expect(rig["dao"].status == .stopping)
    rig.finish(.preStart, of: "dao", passed: passes)
    #expect(rig["dao"].status == .stopped)
    rig.pass(.seconds(100))
    #expect(rig.deeds() == ["dao pre_start", "dao cancel pre_start"])
    #expect(rig["dao"].startFailures.total == 0)
    #expect(rig["dao"].stopKills == 0)
  }

  @Test("stopped during its pre-start hook and wanted again, a service begins with a new run")
  func startAfterStopDuringPreStart() throws {
    var rig = try Rig([dao([.preStart])])
    rig.holdsHooks = ["dao pre_start"]
    rig.deafHooks = ["dao pre_start"]
    rig.boot()
    rig.stop("dao")
    rig.start("dao")
    rig.holdsHooks = []
    rig.finish(.preStart, of: "dao", run: 1)
    #expect(rig.deeds() == ["dao pre_start", "dao cancel pre_start", "dao pre_start", "dao spawn 2"])
    #expect(rig["dao"].status == .running)
    #expect(rig["dao"].restarts.total == 0)
  }

  @Test("a failing or hanging post-start hook changes nothing")
  func postStartFails() throws {
    var rig = try Rig([dao([.postStart]), dao([.postStart]) { $0.name = "edge" }])
    rig.failsHooks = ["dao post_start"]
    rig.holdsHooks = ["edge post_start"]
    rig.boot()
    rig.pass(.seconds(1000))
    #expect(rig.statuses == ["running", "running"])
    #expect(rig["dao"].attempts == 0 && rig["dao"].startFailures.total == 0)
    #expect(rig["edge"].hook == .postStart)
    rig.exit("edge")
    // The run is over, so its hook is, too.
    #expect(rig.deeds(of: "edge") == ["spawn 1", "post_start", "cancel post_start"])
    #expect(rig["edge"].hook == nil)
  }

  @Test(
    "the post-stop hook runs after every end, before the restart",
    arguments: ["crash", "unspawnable", "pre_start", "unhealthy", "stop"])
  func postStopAfterEveryEnd(end: String) throws {
    var rig = try Rig([dao([.preStart, .postStop]) { $0.check = CheckPolicy(interval: .seconds(1), failureThreshold: 1) }])
    rig.holdsHooks = ["dao post_stop"]
    if end == "unspawnable" { rig.unspawnable = ["dao"] }
    if end == "pre_start" { rig.failsHooks = ["dao pre_start"] }
    if end == "unhealthy" { rig.passes["dao"] = false }
    rig.boot()
    if end == "crash" { rig.exit("dao") }
    if end == "unhealthy" { rig.pass(.seconds(5)) }
    if end == "stop" { rig.stop("dao") }
    #expect(rig.deeds().last == "dao post_stop")
    #expect(rig["dao"].status == .stopping)
    #expect(rig["dao"].hook == .postStop)
    #expect(!rig["dao"].isAlive)
    #expect(rig["dao"].health == (end == "stop" ? .unknown : .unhealthy))
    rig.finish(.postStop, of: "dao", passed: false)
    #expect(rig["dao"].status == (end == "stop" ? .stopped : .backoff))
    rig.unspawnable = []
    rig.failsHooks = []
    rig.passes["dao"] = true
    rig.pass(.seconds(3))
    let count = rig.deeds().count { $0 == "dao pre_start" }
    #expect(count == (end == "stop" ? 1 : 2))
  }

  @Test("a restart uses its attempt after the post-stop hook, and the delay begins then")
  func backoffAfterPostStop() throws {
    var rig = try Rig([dao([.postStop])])
    rig.holdsHooks = ["dao post_stop"]
    rig.boot()
    rig.exit("dao")
    rig.pass(.seconds(7))
    rig.finish(.postStop, of: "dao")
    #expect(rig["dao"].nextAttempt == moment(9))
    #expect(rig["dao"].cause == .exited(.code(1)))
  }

  @Test("a hanging post-stop hook is cut at the stop's timeout, after which its answer is late")
  func hangingPostStop() throws {
    var rig = try Rig([dao([.postStop]) { $0.stop.timeout = .seconds(20) }])
    rig.holdsHooks = ["dao post_stop"]
    rig.deafHooks = ["dao post_stop"]
    rig.boot()
    rig.exit("dao")
    rig.pass(.seconds(19))
    #expect(rig["dao"].status == .stopping)
    rig.pass(.seconds(1))
    #expect(rig["dao"].status == .backoff)
    #expect(rig.deeds() == ["dao spawn 1", "dao post_stop", "dao cancel post_stop"])
    let before = rig.log.count
    rig.finish(.postStop, of: "dao")
    #expect(rig.log.count == before)
  }

  @Test("hooks of an older run are late and change nothing", arguments: Hook.allCases)
  func lateHooks(hook: Hook) throws {
    var rig = try Rig([dao([.preStart, .postStop])])
    rig.boot()
    rig.exit("dao")
    rig.holdsHooks = ["dao pre_start", "dao post_stop"]
    rig.pass(.seconds(2))
    #expect(rig["dao"].hook == .preStart)
    let before = rig.log.count
    rig.finish(hook, of: "dao", passed: false, run: 1)
    #expect(rig.log.count == before)
    #expect(rig["dao"].status == .starting && rig["dao"].hook == .preStart)
    rig.finish(.preStart, of: "dao")
    rig.finish(hook, of: "dao", run: 1)
    rig.finish(hook, of: "dao", run: 2)
    #expect(rig["dao"].status == .running)
  }
}
