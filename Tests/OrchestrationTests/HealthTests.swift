// Rules 1 to 4, 6 and 11: the schedule of checks and the meaning of their results.

import Orchestration
import Testing

@Suite("Health")
struct HealthTests {
  private func checked(_ change: (inout CheckPolicy) -> Void = { _ in }) -> ServiceSpec {
    var policy = CheckPolicy()
    change(&policy)
    return ServiceSpec(name: "dao", check: policy)
  }

  @Test("a start of 20 s survives the defaults")
  func slowStart() throws {
    var rig = try Rig([checked()])
    rig.passes["dao"] = false
    rig.boot()
    rig.pass(.seconds(20))
    #expect(rig["dao"].health == .unknown)
    #expect(rig["dao"].consecutiveFailures == 0)
    #expect(rig["dao"].checkFailures >= 19)
    rig.passes["dao"] = true
    rig.pass(.seconds(1))
    #expect(rig["dao"].health == .healthy)
    #expect(rig.healths(of: "dao") == ["healthy"])
  }

  @Test("with the defaults a service has 90 s to come up, then it is restarted")
  func ninetySeconds() throws {
    var rig = try Rig([checked()])
    rig.passes["dao"] = false
    rig.boot()
    rig.pass(.seconds(90))
    #expect(rig["dao"].status == .running)
    #expect(rig["dao"].health == .degraded)
    rig.pass(.seconds(2))
    #expect(rig.path(of: "dao") == ["starting", "running", "stopping", "backoff"])
    #expect(rig.healths(of: "dao") == ["degraded", "unhealthy"])
    rig.pass(.seconds(2))
    #expect(rig["dao"].lastRestartReason == .unhealthy)
  }

  @Test("failures within start_period do not count, and the first success ends it")
  func startPeriod() throws {
    var rig = try Rig([checked { $0.startPeriod = .seconds(300) }])
    rig.passes["dao"] = false
    rig.boot()
    rig.pass(.seconds(329))
    #expect(rig["dao"].health == .unknown)
    rig.pass(.seconds(3))
    #expect(rig["dao"].health == .degraded)
    var other = try Rig([checked { $0.startPeriod = .seconds(300) }])
    other.passes["dao"] = true
    other.boot()
    other.pass(.seconds(2))
    other.passes["dao"] = false
    other.pass(.seconds(40))
    #expect(other["dao"].health == .degraded)
  }

  @Test("one and two failures degrade, the third makes unhealthy and restarts")
  func failureThreshold() throws {
    var rig = try Rig([checked()])
    rig.passes["dao"] = true
    rig.boot()
    rig.pass(.seconds(60))
    rig.passes["dao"] = false
    rig.pass(.seconds(60))
    #expect(rig["dao"].health == .degraded)
    #expect(rig["dao"].consecutiveFailures == 2)
    rig.pass(.seconds(1))
    #expect(rig["dao"].health == .unhealthy)
    #expect(rig["dao"].status == .backoff)
  }

  @Test("two successes in a row lift unhealthy, one lifts degraded")
  func recoveryThreshold() throws {
    var rig = try Rig([checked { $0.autoRecovery = false }])
    rig.passes["dao"] = true
    rig.boot()
    rig.pass(.seconds(60))
    rig.passes["dao"] = false
    rig.pass(.seconds(90))
    #expect(rig["dao"].health == .unhealthy)
    #expect(rig["dao"].status == .running)
    rig.passes["dao"] = true
    rig.pass(.seconds(30))
    #expect(rig["dao"].health == .unhealthy)
    rig.pass(.seconds(30))
    #expect(rig["dao"].health == .healthy)
    rig.passes["dao"] = false
    rig.pass(.seconds(30))
    #expect(rig["dao"].health == .degraded)
    rig.passes["dao"] = true
    rig.pass(.seconds(30))
    #expect(rig["dao"].health == .healthy)
  }

  @Test("passing and failing in turn never restarts where the threshold is above 1")
  func flapping() throws {
    var rig = try Rig([checked()])
    rig.passes["dao"] = true
    rig.boot()
    rig.pass(.seconds(60))
    for turn in 0..<40 {
      rig.passes["dao"] = turn % 2 == 0
      rig.pass(.seconds(30))
    }
    #expect(rig.spawns(of: "dao").count == 1)
  }

  @Test("unhealthy survives an automatic restart until the new run has proved itself; an alert sees no flicker")
  func verdictOutlivesRestart() throws {
    var rig = try Rig([checked()])
    rig.passes["dao"] = true
    rig.boot()
    rig.pass(.seconds(60))
    rig.passes["dao"] = false
    rig.pass(.seconds(90))
    rig.passes["dao"] = true
    rig.pass(.seconds(4))
    #expect(rig["dao"].status == .running)
    #expect(rig["dao"].health == .unhealthy)
    rig.pass(.seconds(60))
    #expect(rig["dao"].health == .healthy)
    #expect(rig.healths(of: "dao") == ["healthy", "degraded", "unhealthy", "healthy"])
  }

  @Test("without a check a crash loop is unhealthy while nothing lives, and unknown after a manual start")
  func withoutCheck() throws {
    var rig = try Rig([.named("dao")])
    rig.boot()
    #expect(rig["dao"].health == .healthy)
    rig.exit("dao")
    #expect(rig["dao"].health == .unhealthy)
    rig.holdsSpawns = ["dao"]
    rig.pass(.seconds(2))
    #expect(rig["dao"].status == .starting)
    #expect(rig["dao"].health == .unhealthy)
    rig.stop("dao")
    rig.feed(.spawnFailed(rig.id("dao"), run: 2))
    rig.start("dao")
    #expect(rig["dao"].health == .unknown)
    rig.spawned("dao")
    #expect(rig["dao"].health == .healthy)
  }

  @Test("with policy never unhealthy is only reported")
  func neverOnlyReports() throws {
    var rig = try Rig([checked().with { $0.restart.rule = .never }])
    rig.passes["dao"] = false
    rig.boot()
    rig.pass(.seconds(600))
    #expect(rig["dao"].status == .running)
    #expect(rig["dao"].health == .unhealthy)
  }

  @Test("giving up an unhealthy service stops it: failed means no process")
  func failedMeansNoProcess() throws {
    var rig = try Rig([checked().with { $0.restart.maxAttempts = 0 }])
    rig.passes["dao"] = false
    rig.deaf = ["dao"]
    rig.boot()
    rig.pass(.seconds(100))
    #expect(rig["dao"].status == .stopping)
    rig.pass(.seconds(30))
    #expect(rig["dao"].status == .failed)
    #expect(rig["dao"].stopKills == 1)
  }

  @Test("checks are silent while stopping: the one in flight is cancelled and its late answer counts for nothing")
  func silentWhileStopping() throws {
    var rig = try Rig([checked()])
    rig.deaf = ["dao"]
    rig.boot()
    rig.pass(.milliseconds(200))
    #expect(rig.count { if case .startCheck = $0 { true } else { false } } == 1)
    rig.stop("dao")
    #expect(rig.count { $0 == .cancelCheck(rig.id("dao"), check: 1) } == 1)
    rig.feed(.checkFinished(rig.id("dao"), check: 1, passed: false))
    rig.pass(.seconds(20))
    #expect(rig["dao"].checks == 0)
    #expect(rig.count { if case .startCheck = $0 { true } else { false } } == 1)
  }

  @Test("a check that hangs is never joined by another")
  func hanging() throws {
    var rig = try Rig([checked()])
    rig.boot()
    rig.pass(.seconds(600))
    #expect(rig.count { if case .startCheck = $0 { true } else { false } } == 1)
  }

  @Test("after a long sleep there is no burst of checks")
  func noBurst() throws {
    var rig = try Rig([checked()])
    rig.passes["dao"] = true
    rig.boot()
    rig.pass(.seconds(60))
    let before = rig.count { if case .startCheck = $0 { true } else { false } }
    rig.now = rig.now + .seconds(3600)
    rig.feed(.wake)
    rig.pass(.seconds(29))
    #expect(rig.count { if case .startCheck = $0 { true } else { false } } == before + 1)
  }

  @Test("a thousand services are not checked in one instant")
  func spread() throws {
    let specs = (0..<1000).map { ServiceSpec(name: "s\($0)", check: CheckPolicy()) }
    var rig = try Rig(specs)
    for spec in specs { rig.passes[spec.name] = true }
    rig.boot()
    rig.pass(.seconds(90))
    var perSlot: [Int64: Int] = [:]
    for (at, action, _) in rig.log where at > moment(31) {
      if case .startCheck = action { perSlot[at.nanoseconds / 300_000_000, default: 0] += 1 }
    }
    // 1,000 checks in 30 s are 10 in each 300 ms; up to twice that counts as spread out.
    #expect((perSlot.values.max() ?? 0) <= 20)
    #expect(perSlot.values.reduce(0, +) > 1900)
  }

  @Test("the composite is the worst health that counts; stopped and disabled services do not count")
  func composite() throws {
    var rig = try Rig([.named("dao"), checked().with { $0.name = "edge" }, .named("off").with { $0.isEnabled = false }])
    #expect(rig.core.node.health == .unknown)
    rig.passes["edge"] = true
    rig.boot()
    #expect(rig.core.node.health == .unknown)
    rig.pass(.seconds(2))
    #expect(rig.core.node.health == .healthy)
    rig.passes["edge"] = false
    rig.pass(.seconds(30))
    #expect(rig.core.node.health == .degraded)
    rig.exit("dao")
    #expect(rig.core.node.health == .unhealthy)
    rig.stop("dao")
    rig.stop("edge")
    #expect(rig.core.node.health == .unknown)
  }

  @Test("an external service starts with its first pass, is never restarted, and is up while it is not unhealthy")
  func external() throws {
    var rig = try Rig([ServiceSpec(name: "db", kind: .external, check: CheckPolicy()), .named("dao", on: [0], .healthy)])
    rig.passes["db"] = false
    rig.boot()
    rig.pass(.seconds(10))
    #expect(rig["db"].status == .starting)
    #expect(rig["dao"].status == .waiting)
    #expect(rig.core.node.isInitialized)
    rig.passes["db"] = true
    rig.pass(.seconds(1))
    #expect(rig["db"].status == .running)
    #expect(rig["dao"].status == .running)
    #expect(rig.restart("db") == .refused(.external))
    rig.passes["db"] = false
    rig.pass(.seconds(200))
    #expect(rig["db"].status == .running)
    #expect(rig["db"].health == .unhealthy)
    #expect(!rig["db"].isAlive)
    #expect(rig["db"].attempts == 0)
    #expect(rig.stop("db", .force) == accepted)
    #expect(rig["db"].status == .stopped)
    #expect(rig.count { if case .spawn(ServiceID(0), _) = $0 { true } else { false } } == 0)
  }
}
