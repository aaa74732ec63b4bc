// Services that a reload adds, and services that it removes.

import Orchestration
import Testing

@Suite("Reload of services")
struct ReloadServicesTests {
  private let dao = ServiceSpec.named("dao")

  // MARK: Added

  @Test("added services start in order, after their dependencies")
  func added() throws {
    var rig = try Rig([dao])
    rig.boot()
    rig.holdsSpawns = ["dep"]
    try rig.reload([.named("edge", on: [2, 1]), .named("dep"), dao, .named("off").with { $0.isEnabled = false }])
    #expect(rig.statuses == ["waiting", "starting", "running", "stopped"])
    #expect(rig["edge"].blockers == [Blocker(rig.id("dep"), .required(.started))])
    rig.spawned("dep")
    #expect(rig.statuses == ["running", "running", "running", "stopped"])
    #expect(rig.spawns(of: "dao").count == 1)
    #expect(rig["edge"].restarts.total == 0)
    #expect(rig.core.registry.keys.sorted() == ["dao", "dep", "edge", "off"])
    #expect(rig.core.node.isReady)
  }

  @Test("an added service counts for readiness until it runs, and its uptime begins with it")
  func addedNode() throws {
    var rig = try Rig([dao])
    rig.boot()
    rig.pass(.seconds(100))
    rig.holdsSpawns = ["edge"]
    try rig.reload([dao, .named("edge")])
    #expect(!rig.core.node.isReady && rig.core.node.isInitialized)
    #expect(rig["edge"].since == rig.now && rig["edge"].timeInState.total == 0)
    rig.spawned("edge")
    #expect(rig.core.node.isReady)
    rig.pass(.seconds(60))
    #expect(rig["edge"].uptime.share(.hour, at: rig.now)?.ratio == 1)
  }

  @Test("an added service may require one that is stopped: it waits and names it")
  func addedWaits() throws {
    var rig = try Rig([dao])
    rig.boot()
    rig.stop("dao")
    try rig.reload([dao, .named("edge", on: [0])])
    #expect(rig.statuses == ["stopped", "waiting"])
    rig.start("dao")
    #expect(rig.statuses == ["running", "running"])
  }

  @Test("a service that is added in the initial start takes part in its barriers")
  func addedInStart() throws {
    let high = ServiceSpec.named("high").with { $0.layer = 1 }
    var rig = try Rig([.named("low"), high])
    rig.holdsSpawns = ["low", "new"]
    rig.boot()
    try rig.reload([.named("low"), high, .named("new")])
    rig.spawned("low")
    #expect(rig.statuses == ["running", "waiting", "starting"])
    rig.spawned("new")
    #expect(rig.statuses == ["running", "running", "running"])
    #expect(rig.core.node.isInitialized)
  }

  @Test("a service that is added before the boot starts with it, one that is taken out before it does not")
  func beforeBoot() throws {
    var rig = try Rig([dao, .named("edge")])
    try rig.reload([.named("edge"), .named("new")])
    #expect(rig.deeds().isEmpty)
    #expect(rig.retirements(of: "dao") == 1)
    rig.boot()
    #expect(rig.deeds() == ["edge spawn 1", "new spawn 1"])
  }

  @Test("a name that had registered itself belongs to the file from then on, and its old time to live ends nothing")
  func registered() throws {
    var rig = try Rig([dao])
    rig.boot()
    rig.register("edge", timeToLive: .seconds(60))
    try rig.reload([dao, .named("edge")])
    #expect(rig.core.registry["edge"]?.service == rig.id("edge"))
    #expect(rig.core.registry["edge"]?.type == "edge")
    rig.pass(.seconds(10_000))
    #expect(rig.core.registry["edge"]?.isAlive == true)
    #expect(rig.core.registry["edge"]?.expirations == 0)
    // After the removal from the file the name is free again.
    try rig.reload([dao])
    try rig.reload([dao])
    #expect(rig.core.registry["edge"] == nil)
    rig.register("edge", timeToLive: .seconds(60))
    #expect(rig.core.registry["edge"]?.type == "stranger")
  }

  // MARK: Taken out

  @Test("removed services stop dependents first, are retired once each, and a second reload lets go of them")
  func removed() throws {
    var rig = try Rig([dao, .named("edge", on: [0]), .named("solo")])
    rig.boot()
    rig.deaf = ["edge"]
    rig.log = []
    try rig.reload([.named("solo")])
    #expect(rig.graph.services.map(\.name) == ["solo", "dao", "edge"])
    #expect(rig.statuses == ["running", "running", "stopping"])
    #expect(rig["dao"].isRetiring && rig["edge"].isRetiring && !rig["solo"].isRetiring)
    #expect(rig["dao"].isStopDue)
    #expect(rig.retirements(of: "edge") == 0)
    rig.exit("edge")
    #expect(rig.deeds() == ["edge signal 15", "dao signal 15"])
    #expect(rig.retirements(of: "edge") == 1 && rig.retirements(of: "dao") == 1)
    rig.pass(.seconds(1000))
    try rig.reload([.named("solo")])
    #expect(rig.graph.services.map(\.name) == ["solo"])
    #expect(rig.core.registry.keys.sorted() == ["solo"])
    #expect(rig.retirements(of: "edge") == 1 && rig.retirements(of: "dao") == 1)
    #expect(rig.core.node.isReady && rig.core.node.health == .healthy)
    rig.command(.shutdown)
    #expect(rig.report == StopReport(killed: [], leftOver: []))
  }

  @Test(
    "removed in every state it goes, is retired once, and adds nothing to the sums of the node",
    arguments: ReloadStage.all)
  func removedInEveryState(stage: ReloadStage) throws {
    var rig = try stage.rig()
    let keeper = ServiceSpec.named("keeper")
    try rig.reload([keeper])
    #expect(rig["dao"].isRetiring)
    for name in ["dao", "keeper"] where rig.unanswered.contains(name) && !rig[name].isAlive { rig.spawned(name) }
    if stage.description == "before the boot" { rig.boot() }
    ReloadStage.calm(&rig)
    rig.pass(.seconds(100))
    ReloadStage.calm(&rig)
    #expect(rig["dao"].status == .stopped)
    #expect(rig.retirements(of: "dao") == 1)
    #expect(rig.core.node.isReady && rig.core.node.health == .healthy)
    try rig.reload([keeper])
    #expect(rig.graph.services.map(\.name) == ["keeper"])
    #expect(rig.core.registry.keys.sorted() == ["keeper"])
    #expect(rig.core.nextDeadline == nil)
    #expect(rig.core.node.isReady && rig.core.node.isInitialized)
  }

  @Test("one that is removed and was required by one that stays is stopped at once, whatever that one does")
  func required() throws {
    var rig = try Rig([dao, .named("edge", on: [0])])
    rig.boot()
    try rig.reload([.named("edge")])
    #expect(rig["dao"].status == .stopped)
    #expect(rig["edge"].status == .running)
    #expect(rig.spawns(of: "edge").count == 1)
  }

  @Test("a dependent that waited for one that is gone starts")
  func waitedFor() throws {
    var rig = try Rig([dao.with { $0.isEnabled = false }, .named("edge", on: [0])])
    rig.boot()
    #expect(rig["edge"].status == .waiting)
    try rig.reload([.named("edge")])
    #expect(rig["edge"].status == .running)
    try rig.reload([.named("edge")])
    #expect(rig["edge"].status == .running && rig["edge"].blockers.isEmpty)
  }

  @Test("another name is another service: the old one goes, the new one comes")
  func renamed() throws {
    var rig = try Rig([dao])
    rig.boot()
    try rig.reload([.named("coordinator")])
    #expect(rig.statuses == ["running", "stopped"])
    #expect(rig.deeds() == ["dao spawn 1", "dao signal 15", "coordinator spawn 1"])
    #expect(rig["coordinator"].run == 1 && rig["coordinator"].restarts.total == 0)
    #expect(rig.retirements(of: "dao") == 1)
  }

  @Test("commands on a service that is being removed are refused, a stop is not")
  func commands() throws {
    var rig = try Rig([dao, .named("edge")])
    rig.deaf = ["dao"]
    rig.boot()
    try rig.reload([.named("edge")])
    #expect(rig.start("dao", force: true) == .refused(.beingRemoved))
    #expect(rig.restart("dao") == .refused(.beingRemoved))
    #expect(rig.stop("dao") == accepted)
    #expect(rig.stop("dao", .cascade) == accepted)
    rig.exit("dao")
    #expect(rig.start("dao") == .refused(.beingRemoved))
    #expect(rig["dao"].status == .stopped)
  }

  @Test("one that is back in the file before it has gone comes up again", arguments: ["about to", "stopping", "stopped"])
  func back(state: String) throws {
    var rig = try Rig([dao, .named("edge", on: [0])])
    rig.boot()
    rig.deaf = state == "about to" ? ["edge"] : ["dao"]
    try rig.reload([])
    if state == "about to" { #expect(rig["dao"].isStopDue) } else { #expect(rig["dao"].status == .stopping) }
    if state == "stopped" { rig.exit("dao") }
    try rig.reload([dao])
    #expect(!rig["dao"].isRetiring)
    if state == "stopping" { rig.exit("dao", .code(0)) }
    #expect(rig["dao"].status == .running)
    rig.deaf = []
    rig.stop("dao", .force)
    #expect(rig.retirements(of: "dao") == (state == "stopped" ? 1 : 0))
    #expect(rig.start("dao") == accepted)
  }

  @Test("a removed service with a left-over process retires when that process has ended")
  func leftOver() throws {
    var rig = try Rig([dao, .named("edge")])
    rig.deaf = ["dao"]
    rig.immortal = ["dao"]
    rig.boot()
    try rig.reload([.named("edge")])
    rig.pass(.seconds(100))
    #expect(rig["dao"].isLeftOver && rig.retirements(of: "dao") == 0)
    try rig.reload([.named("edge")])
    rig.exit("dao", .signal(9, coreDumped: false))
    #expect(rig.retirements(of: "dao") == 1)
  }

  @Test("the full stop includes services that are being removed")
  func fullStop() throws {
    var rig = try Rig([dao, .named("edge")])
    rig.deaf = ["dao"]
    rig.boot()
    try rig.reload([.named("edge")])
    rig.pass(.seconds(10))
    rig.command(.shutdown)
    rig.pass(.seconds(20))
    #expect(rig.report == StopReport(killed: [rig.id("dao")], leftOver: []))
    #expect(rig.retirements(of: "dao") == 1)
  }
}
