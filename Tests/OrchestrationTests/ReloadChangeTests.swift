// Reloads of services that stay in the file with changes.

import Orchestration
import Testing

@Suite("Reload of changed services")
struct ReloadChangeTests {
  private let dao = ServiceSpec.named("dao")
  private let checked = ServiceSpec(name: "dao", check: CheckPolicy())

  // MARK: Another command

  @Test("a changed command restarts the service with reason reload and uses no attempt")
  func command() throws {
    var rig = try Rig([dao])
    rig.boot()
    rig.exit("dao")
    rig.pass(.seconds(2))
    #expect(rig["dao"].attempts == 1)
    rig.log = []
    try rig.reload([dao], restarting: ["dao"])
    #expect(rig.deeds() == ["dao signal 15", "dao spawn 3"])
    #expect(rig.path(of: "dao") == ["stopping", "starting", "running"])
    #expect(rig["dao"].restarts[.reload] == 1 && rig["dao"].restarts.total == 2)
    #expect(rig["dao"].attempts == 0)
    #expect(rig["dao"].lastRestartReason == .reload)
    #expect(rig["dao"].exits[.success] == 1)
  }

  @Test("as after a manual restart nothing is known of its health until the first result; it is at no time unhealthy")
  func health() throws {
    var rig = try Rig([checked])
    rig.passes["dao"] = true
    rig.boot()
    rig.pass(.seconds(100))
    try rig.reload([checked], restarting: ["dao"])
    #expect(rig["dao"].health == .unknown)
    rig.pass(.seconds(2))
    #expect(rig.healths(of: "dao") == ["healthy", "unknown", "healthy"])
  }

  @Test("it drags dependents along as their edges say, down before it and up after it")
  func drags() throws {
    let specs = [
      dao, ServiceSpec(name: "edge", dependencies: [Dependency(ServiceID(0), onRestart: .restart)]),
      ServiceSpec(name: "tail", dependencies: [Dependency(ServiceID(0), onRestart: .stop)]), .named("solo", on: [0]),
    ]
    var rig = try Rig(specs)
    rig.boot()
    rig.log = []
    try rig.reload(specs, restarting: ["dao"])
    #expect(rig.statuses == ["running", "running", "stopped", "running"])
    let deeds = rig.deeds()
    #expect(Set(deeds.prefix(2)) == ["tail signal 15", "edge signal 15"])
    #expect(Array(deeds.dropFirst(2)) == ["dao signal 15", "dao spawn 2", "edge spawn 2"])
    #expect(rig["edge"].restarts[.dependency] == 1 && rig["edge"].attempts == 0)
  }

  @Test("two that changed and depend on each other: each is restarted once")
  func both() throws {
    let specs = [dao, ServiceSpec(name: "edge", dependencies: [Dependency(ServiceID(0), onRestart: .restart)])]
    var rig = try Rig(specs)
    rig.boot()
    rig.log = []
    try rig.reload(specs, restarting: ["dao", "edge"])
    #expect(rig.deeds() == ["edge signal 15", "dao signal 15", "dao spawn 2", "edge spawn 2"])
    #expect(rig.statuses == ["running", "running"])
  }

  @Test(
    "a changed command in every state: a service that is up restarts, one that waits or is down stays so, one that has failed is tried again",
    arguments: ReloadStage.all)
  func everyState(stage: ReloadStage) throws {
    var rig = try stage.rig()
    let (before, attempts) = (rig["dao"], rig.deeds(of: "dao").count)
    try rig.reload(stage.specs, restarting: ["dao"])
    let isExternal = stage.specs[0].kind == .external
    switch stage.status {
    case .stopped, .waiting:
      #expect(rig["dao"].status == stage.status)
      #expect(rig.deeds(of: "dao").count == attempts)
    case .failed, .backoff, .completed:
      #expect(rig["dao"].status == .running)
      #expect(rig["dao"].attempts == 0 && !rig["dao"].isLimitReached)
      #expect(rig["dao"].restarts[.reload] == 1)
      #expect(rig["dao"].run == before.run + 1)
    case .starting, .running, .stopping:
      #expect(rig["dao"].isDesiredUp == before.isDesiredUp)
      if isExternal { #expect(rig["dao"].status == .starting) }
    }
    guard stage.description != "before the boot" else { return }
    let wanted = rig["dao"].isDesiredUp
    ReloadStage.calm(&rig)
    rig.pass(.seconds(5))
    // In any case it is up in the end, as the new file demands, or down, as a command demanded.
    #expect(rig["dao"].status == (!wanted ? .stopped : isExternal ? .starting : .running), "\(rig["dao"].cause)")
    if wanted, stage.status == .running || stage.status == .stopping { #expect(rig["dao"].run > before.run) }
    #expect(rig["dao"].attempts == 0)
  }

  @Test("a service that had waited for a removed one is started once")
  func waitedFor() throws {
    let specs = [dao, ServiceSpec(name: "edge", dependencies: [Dependency(ServiceID(0), condition: .completed, isOptional: true)])]
    var rig = try Rig(specs)
    rig.boot()
    #expect(rig.statuses == ["running", "waiting"])
    try rig.reload([dao.with { $0.isEnabled = false }, specs[1]], restarting: ["edge"])
    #expect(rig.statuses == ["stopped", "running"])
    #expect(rig.deeds(of: "edge") == ["spawn 1"])
  }

  @Test("a disabled oneshot that was run on request is not run again by a changed command")
  func disabledOneshot() throws {
    let job = ServiceSpec(name: "job", kind: .oneshot, isEnabled: false)
    var rig = try Rig([job])
    rig.boot()
    rig.start("job")
    rig.exit("job", .code(0))
    try rig.reload([job], restarting: ["job"])
    #expect(rig["job"].status == .completed)
    #expect(rig.spawns(of: "job").count == 1)
  }

  @Test("a failed dependency with a corrected command lets its dependents start")
  func mended() throws {
    let specs = [dao.with { $0.restart.maxAttempts = 0 }, .named("edge", on: [0])]
    var rig = try Rig(specs)
    rig.diesAtOnce["dao"] = .code(1)
    rig.holdsSpawns = ["dao"]
    rig.boot()
    rig.feed(.spawnFailed(rig.id("dao"), run: 1))
    #expect(rig.statuses == ["failed", "waiting"])
    rig.holdsSpawns = []
    rig.diesAtOnce = [:]
    try rig.reload(specs, restarting: ["dao"])
    #expect(rig.statuses == ["running", "running"])
  }

  @Test("stopped by hand it stays stopped, whatever changes but its being enabled")
  func stoppedByHand() throws {
    var rig = try Rig([checked])
    rig.boot()
    rig.stop("dao")
    try rig.reload([dao], restarting: ["dao"], rechecking: ["dao"])
    try rig.reload([checked], restarting: ["dao"], rechecking: ["dao"])
    rig.pass(.seconds(1000))
    #expect(rig["dao"].status == .stopped)
    #expect(rig.spawns(of: "dao").count == 1)
  }

  @Test("the origin of a reload is the cause of its changes")
  func cause() throws {
    var rig = try Rig([dao])
    rig.deaf = ["dao"]
    rig.boot()
    try rig.reload([dao], restarting: ["dao"])
    #expect(rig["dao"].cause == .reloaded(.signal("SIGHUP")))
  }

  // MARK: Enabled or not

  @Test("switched on it starts, switched off it stops, and by the file's word")
  func enabled() throws {
    let off = dao.with { $0.isEnabled = false }
    var rig = try Rig([off])
    rig.boot()
    #expect(rig["dao"].status == .stopped)
    try rig.reload([dao])
    #expect(rig["dao"].status == .running)
    #expect(rig["dao"].restarts.total == 0)
    #expect(rig["dao"].desiredBy == .signal("SIGHUP"))
    try rig.reload([off])
    #expect(rig["dao"].status == .stopped && !rig["dao"].isDesiredUp)
    // A service that was started by hand is not stopped by an unchanged file.
    rig.start("dao")
    try rig.reload([off])
    #expect(rig["dao"].status == .running)
  }

  @Test("switched on again while it still stops it comes back; switched off again while it waits it stays down")
  func enabledInAHurry() throws {
    let off = dao.with { $0.isEnabled = false }
    var rig = try Rig([dao, .named("dep")])
    rig.deaf = ["dao"]
    rig.boot()
    try rig.reload([off, .named("dep")])
    #expect(rig["dao"].status == .stopping)
    try rig.reload([dao, .named("dep")])
    rig.exit("dao", .code(0))
    #expect(rig["dao"].status == .running)
    rig.stop("dep")
    rig.exit("dao", .code(1))
    try rig.reload([.named("dao", on: [1]), .named("dep")])
    rig.pass(.seconds(2))
    #expect(rig["dao"].status == .waiting)
    try rig.reload([.named("dao", on: [1]).with { $0.isEnabled = false }, .named("dep")])
    #expect(rig["dao"].status == .stopped)
    rig.start("dep")
    #expect(rig["dao"].status == .stopped)
  }

  @Test("enabled and changed in one reload, a service is started once")
  func enabledAndChanged() throws {
    var rig = try Rig([dao.with { $0.isEnabled = false }])
    rig.boot()
    try rig.reload([dao], restarting: ["dao"])
    #expect(rig.deeds() == ["dao spawn 1"])
    #expect(rig["dao"].restarts.total == 0)
  }

  @Test("disabled together, dependents go first; a dependent that stays does not hold up its dependencies")
  func disabledTogether() throws {
    let specs: [ServiceSpec] = [dao, .named("edge", on: [0])]
    var rig = try Rig(specs)
    rig.deaf = ["edge"]
    rig.boot()
    var both = rig
    try both.reload(specs.map { spec in spec.with { $0.isEnabled = false } })
    #expect(both.statuses == ["running", "stopping"])
    both.exit("edge")
    #expect(both.statuses == ["stopped", "stopped"])
    try rig.reload([dao.with { $0.isEnabled = false }, specs[1]])
    #expect(rig.statuses == ["stopped", "running"])
  }

  // MARK: Other policies

  @Test("a dependency that is added to a running service does not touch it, and holds its next start")
  func newDependency() throws {
    let dep = ServiceSpec.named("dep").with { $0.isEnabled = false }
    var rig = try Rig([dao, dep])
    rig.boot()
    rig.log = []
    try rig.reload([.named("dao", on: [1]), dep])
    #expect(rig.told(from: 0).isEmpty)
    #expect(rig["dao"].status == .running)
    rig.exit("dao")
    rig.pass(.seconds(2))
    #expect(rig["dao"].status == .waiting)
    // Without the dependency nothing holds it up any more.
    try rig.reload([dao, dep])
    #expect(rig["dao"].status == .running)
  }

  @Test("limits, delays and times of the new file hold from the next time on")
  func policies() throws {
    var rig = try Rig([dao])
    rig.boot()
    try rig.reload([
      dao.with {
        $0.restart.maxAttempts = 1; $0.restart.backoff.base = .seconds(5); $0.stop.timeout = .seconds(3)
      }
    ])
    rig.exit("dao")
    #expect(rig["dao"].backoff == .seconds(5))
    rig.pass(.seconds(5))
    rig.deaf = ["dao"]
    rig.restart("dao")
    rig.pass(.seconds(3))
    #expect(rig["dao"].stopKills == 1)
    for _ in 0..<2 {
      rig.exit("dao")
      rig.pass(.seconds(5))
    }
    #expect(rig["dao"].status == .failed)
  }

  @Test("a shorter reset_after holds for the run that is there")
  func resetAfter() throws {
    var rig = try Rig([dao])
    rig.boot()
    rig.exit("dao")
    rig.pass(.seconds(2))
    #expect(rig["dao"].attempts == 1)
    try rig.reload([dao.with { $0.restart.resetAfter = .seconds(10) }])
    rig.pass(.seconds(10))
    #expect(rig["dao"].attempts == 0)
  }
}
