// Rules 24, 25 and 29: the full stop, and processes that do not end.

import Orchestration
import Testing

@Suite("Full stop")
struct FullStopTests {
  @Test("it goes in reverse, and a deaf service costs its own deadline only")
  func reverse() throws {
    var rig = try Rig([.named("a"), .named("b", on: [0]), .named("c", on: [1]), .named("d", on: [0])])
    rig.deaf = ["c"]
    rig.boot()
    rig.pass(.seconds(1))
    rig.command(.shutdown)
    #expect(rig.signals == ["c", "d"])
    rig.pass(.seconds(29))
    #expect(rig.report == nil)
    rig.pass(.seconds(1))
    #expect(rig.signals == ["c", "d", "b", "a"])
    #expect(rig.report == StopReport(killed: [rig.id("c")], leftOver: []))
    #expect(rig.reportedAt == moment(31))
    #expect(rig["c"].stopKills == 1)
    #expect(rig["c"].exits[.signal] == 1)
  }

  @Test("nothing is said about the health of the node, which is unknown, although a completed service is healthy")
  func noHealth() throws {
    var rig = try Rig([.named("a"), ServiceSpec(name: "job", kind: .oneshot), .named("sick", on: [0])])
    rig.boot()
    rig.exit("job", .code(0))
    rig.exit("sick")
    func said() -> Int { rig.count { if case .changed(let change) = $0, case .composite = change.what { true } else { false } } }
    #expect(rig.core.node.health == .unhealthy && said() > 0)
    let before = said()
    rig.command(.shutdown)
    rig.pass(.seconds(10))
    #expect(rig.report != nil && rig.core.node.health == .unknown && said() == before)
  }

  @Test("a process that survives SIGKILL and 5 s is named as left over and does not hold up the rest")
  func leftOver() throws {
    var rig = try Rig([.named("a"), .named("b", on: [0])])
    rig.deaf = ["b"]
    rig.immortal = ["b"]
    rig.boot()
    rig.command(.shutdown)
    rig.pass(.seconds(34))
    #expect(rig.report == nil)
    rig.pass(.seconds(1))
    #expect(rig.report == StopReport(killed: [rig.id("b")], leftOver: [rig.id("b")]))
    #expect(rig["b"].isLeftOver)
    #expect(rig["a"].status == .stopped)
    rig.exit("b", .signal(9, coreDumped: false))
    #expect(rig["b"].status == .stopped)
    #expect(rig.count { if case .stopped = $0 { true } else { false } } == 1)
  }

  @Test("no run starts while a process is left over; when it has ended the wish is fulfilled")
  func neverBeside() throws {
    var rig = try Rig([.named("a")])
    rig.deaf = ["a"]
    rig.immortal = ["a"]
    rig.boot()
    rig.stop("a")
    rig.pass(.seconds(40))
    rig.start("a")
    rig.pass(.seconds(1000))
    #expect(rig.spawns(of: "a").count == 1)
    rig.exit("a", .signal(9, coreDumped: false))
    #expect(rig.spawns(of: "a").count == 2)
    #expect(rig["a"].status == .running)
    #expect(!rig["a"].isLeftOver)
  }

  @Test("nothing is started any more: not by back-off, not by command")
  func nothingStarts() throws {
    var rig = try Rig([.named("a"), .named("b")])
    rig.deaf = ["b"]
    rig.boot()
    rig.exit("a")
    rig.command(.shutdown)
    #expect(rig.start("a") == .refused(.shuttingDown))
    #expect(rig.restart("a") == .refused(.shuttingDown))
    #expect(rig.boot() == .refused(.shuttingDown))
    rig.pass(.seconds(600))
    #expect(rig.spawns(of: "a").count == 1)
    #expect(rig.core.node.isShuttingDown && !rig.core.node.isReady)
  }

  @Test("a service that ends by itself meanwhile is not restarted")
  func endsByItself() throws {
    var rig = try Rig([.named("a"), .named("b", on: [0])])
    rig.deaf = ["a", "b"]
    rig.boot()
    rig.command(.shutdown)
    rig.exit("a")
    rig.exit("b")
    rig.pass(.seconds(600))
    #expect(rig.statuses == ["stopped", "stopped"])
    #expect(rig.report == StopReport(killed: [], leftOver: []))
  }

  @Test("explicit layers stop before those below them")
  func layers() throws {
    var rig = try Rig([.named("a"), .named("b").with { $0.layer = 1 }, .named("c").with { $0.layer = 2 }])
    rig.deaf = ["c"]
    rig.boot()
    rig.command(.shutdown)
    #expect(rig.signals == ["c"])
    rig.pass(.seconds(30))
    #expect(rig.signals == ["c", "b", "a"])
  }

  @Test("the second signal kills everything at once, in the midst of a start too")
  func killAll() throws {
    var rig = try Rig([.named("a"), .named("b", on: [0]), .named("c")])
    rig.deaf = ["a", "b"]
    rig.holdsSpawns = ["c"]
    rig.boot()
    rig.command(.shutdown)
    rig.command(.killAll)
    #expect(rig["a"].status == .stopped)
    #expect(rig["b"].status == .stopped)
    #expect(rig["c"].status == .stopping)
    rig.spawned("c")
    #expect(rig["c"].status == .stopped)
    #expect(Set(rig.report?.killed ?? []) == [rig.id("a"), rig.id("b"), rig.id("c")])
    #expect(rig.reportedAt == moment(0))
  }

  @Test("a stop before the spawn is answered signals when there is something to signal")
  func stopWhileSpawning() throws {
    var rig = try Rig([.named("a")])
    rig.holdsSpawns = ["a"]
    rig.boot()
    rig.stop("a")
    #expect(rig.signals.isEmpty)
    rig.spawned("a")
    #expect(rig.signals == ["a"])
    #expect(rig["a"].status == .stopped)
  }

  @Test("a full stop of nothing is over at once")
  func nothing() throws {
    var rig = try Rig([])
    rig.boot()
    #expect(rig.core.node.isInitialized && rig.core.node.isReady)
    rig.command(.shutdown)
    #expect(rig.report == StopReport(killed: [], leftOver: []))
  }

  @Test("the longest chain of stop deadlines follows dependents and layers")
  func longestChain() throws {
    let graph = try DependencyGraph([
      .named("a").with { $0.stop.timeout = .seconds(10) }, .named("b", on: [0]).with { $0.stop.timeout = .seconds(20) },
      .named("c").with {
        $0.layer = 1
        $0.stop.timeout = .seconds(60)
      },
    ])
    let chain = graph.longestStopChain
    #expect(chain.duration == .seconds(10 + 60 + 2 * 5))
    #expect(chain.services == [ServiceID(2), ServiceID(0)])
  }
}
