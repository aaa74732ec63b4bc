// Rules 15 to 17, 21 to 23: conditions, optional edges, on_restart, barriers, initialized.

import Orchestration
import Testing

@Suite("Dependencies")
struct DependencyTests {
  @Test("a dependent starts when its dependency meets the condition, not before", arguments: Dependency.Condition.allCases)
  func conditions(condition: Dependency.Condition) throws {
    let isEnd = condition == .completed || condition == .ended
    let kind: ServiceSpec.Kind = isEnd ? .oneshot : .process
    let check = condition == .healthy ? CheckPolicy() : nil
    var rig = try Rig([ServiceSpec(name: "a", kind: kind, check: check), .named("b", on: [0], condition)])
    rig.holdsSpawns = ["a"]
    rig.boot()
    #expect(rig["b"].status == .waiting)
    rig.spawned("a")
    #expect(rig["b"].status == (condition == .started || condition == .ready ? .running : .waiting))
    rig.passes["a"] = true
    rig.pass(.seconds(2))
    if isEnd {
      #expect(rig["b"].status == .waiting)
      rig.exit("a", .code(0))
    }
    #expect(rig["b"].status == .running)
  }

  @Test("an end that is waited for may be a failure, once no attempt is left; a start does not repeat it")
  func ended() throws {
    let job = ServiceSpec(name: "a", kind: .oneshot).with { $0.restart = RestartPolicy(rule: .onFailure, maxAttempts: 1) }
    var rig = try Rig([job, .named("b", on: [0], .ended), .named("c", on: [0], .completed)])
    rig.boot()
    rig.exit("a", .code(3))
    #expect(rig.statuses == ["backoff", "waiting", "waiting"])
    rig.pass(.seconds(3))
    rig.exit("a", .signal(9, coreDumped: false))
    #expect(rig.statuses == ["failed", "running", "waiting"])
    #expect(rig["b"].lost.isEmpty)
    let runs = rig["a"].run
    rig.restart("b")
    #expect(rig.statuses == ["failed", "running", "waiting"] && rig["a"].run == runs)
  }

  @Test("a signal that counts as success completes a oneshot, and ends a service that is restarted on failure alone")
  func successSignals() throws {
    let policy = RestartPolicy(rule: .onFailure, successExitCodes: [0], successSignals: [15])
    var rig = try Rig([
      ServiceSpec(name: "a", kind: .oneshot).with { $0.restart = policy }, .named("b").with { $0.restart = policy },
      .named("c", on: [0], .completed),
    ])
    rig.boot()
    rig.exit("a", .signal(15, coreDumped: false))
    rig.exit("b", .signal(15, coreDumped: true))
    #expect(rig.statuses == ["completed", "completed", "running"])
  }

  @Test("a brief dip of the dependency does not lose the dependent's start")
  func dip() throws {
    var rig = try Rig([.named("a"), .named("b", on: [0])])
    rig.holdsSpawns = ["a"]
    rig.boot()
    rig.feed(.spawnFailed(rig.id("a"), run: 1))
    rig.pass(.seconds(2))
    rig.spawned("a")
    #expect(rig["b"].status == .running)
  }

  @Test("a dependent of a failed service waits, names it, and starts by itself when it can")
  func waitsForFailed() throws {
    var rig = try Rig([.named("a").with { $0.restart.maxAttempts = 0 }, .named("b", on: [0])])
    rig.unspawnable = ["a"]
    rig.boot()
    rig.pass(.seconds(3600))
    #expect(rig.statuses == ["failed", "waiting"])
    #expect(rig["b"].blockers == [Blocker(rig.id("a"), .required(.started))])
    #expect(rig["b"].waitingSince == moment(0))
    #expect(rig.core.node.isInitialized)
    rig.unspawnable = []
    rig.start("a", force: true)
    #expect(rig.statuses == ["running", "running"])
    #expect(rig["b"].blockers.isEmpty)
  }

  @Test("an optional dependency on its way is waited for, at most 30 s and once per start")
  func optionalWait() throws {
    var rig = try Rig([
      .named("a"), .named("b").with { $0.dependencies = [Dependency(ServiceID(0), isOptional: true)] },
    ])
    rig.holdsSpawns = ["a"]
    rig.boot()
    #expect(rig["b"].blockers == [Blocker(rig.id("a"), .optional(.started))])
    rig.pass(.milliseconds(29_999))
    #expect(rig["b"].status == .waiting)
    rig.pass(.milliseconds(1))
    #expect(rig["b"].status == .running)
  }

  @Test("an optional dependency that comes up in time keeps its place in the order")
  func optionalOrder() throws {
    var rig = try Rig([
      .named("a"), .named("b").with { $0.dependencies = [Dependency(ServiceID(0), isOptional: true)] },
    ])
    rig.holdsSpawns = ["a"]
    rig.boot()
    rig.pass(.seconds(5))
    rig.spawned("a")
    #expect(rig.spawns(of: "b") == [moment(5)])
  }

  @Test("an optional dependency that is disabled, stopped or failed is not waited for", arguments: ["disabled", "stopped", "failed"])
  func optionalNotWaited(how: String) throws {
    var rig = try Rig([
      .named("a").with {
        $0.isEnabled = how != "disabled"
        $0.restart.maxAttempts = 0
      },
      .named("b").with { $0.dependencies = [Dependency(ServiceID(0), isOptional: true)] },
    ])
    if how == "failed" { rig.diesAtOnce["a"] = .code(1) }
    rig.boot()
    if how == "stopped" {
      rig.stop("b")
      rig.stop("a")
      rig.start("b")
    }
    #expect(rig["b"].status == .running)
    #expect(rig.now == moment(0))
  }

  @Test("on_restart restart: down before it, up after it, no attempt used")
  func onRestartRestart() throws {
    var rig = try Rig([
      .named("a"), .named("b").with { $0.dependencies = [Dependency(ServiceID(0), onRestart: .restart)] },
    ])
    rig.boot()
    rig.restart("a")
    #expect(rig.signals == ["b", "a"])
    #expect(rig.statuses == ["running", "running"])
    #expect(rig["b"].restarts[.dependency] == 1)
    #expect(rig["b"].attempts == 0)
    rig.exit("a")
    #expect(rig.statuses == ["backoff", "waiting"])
    rig.pass(.seconds(2))
    #expect(rig.statuses == ["running", "running"])
    #expect(rig["b"].restarts[.dependency] == 2)
  }

  @Test("on_restart stop: down with it and stays down; ignore: runs on")
  func onRestartStop() throws {
    var rig = try Rig([
      .named("a"), .named("b").with { $0.dependencies = [Dependency(ServiceID(0), onRestart: .stop)] }, .named("c", on: [0]),
    ])
    rig.boot()
    rig.exit("a")
    rig.pass(.seconds(10))
    #expect(rig.statuses == ["running", "stopped", "running"])
    #expect(rig.spawns(of: "c").count == 1)
    #expect(!rig["b"].isDesiredUp)
  }

  @Test("an explicit layer is a barrier in the initial start and no longer afterwards")
  func barrier() throws {
    var rig = try Rig([.named("a"), .named("b").with { $0.layer = 1 }, .named("c")])
    rig.holdsSpawns = ["a", "c"]
    rig.boot()
    #expect(rig["b"].blockers.map(\.reason) == [.barrier])
    rig.spawned("c")
    #expect(rig["b"].blockers == [Blocker(rig.id("a"), .barrier)])
    rig.spawned("a")
    #expect(rig["b"].status == .running)
    let causes = rig.log.compactMap { entry -> Cause? in
      guard case .changed(let change) = entry.action, case .status(rig.id("b"), _, .starting, _) = change.what else { return nil }
      return change.cause
    }
    #expect(causes == [.layersSettled], "not that lower layers come first")
    rig.restart("a")
    #expect(rig["a"].status == .starting)
    rig.restart("b")
    #expect(rig["b"].status == .running)
  }

  @Test("a service that has failed, is disabled or waits for such a service holds no barrier")
  func barrierSettled() throws {
    var rig = try Rig([
      .named("a").with { $0.restart.maxAttempts = 0 }, .named("b", on: [0]), .named("off").with { $0.isEnabled = false },
      .named("late").with { $0.layer = 2 },
    ])
    rig.unspawnable = ["a"]
    rig.boot()
    #expect(rig.statuses == ["failed", "waiting", "stopped", "running"])
    #expect(rig.core.node.isInitialized)
  }

  @Test("an explicit layer below the layers of its own dependencies causes no deadlock")
  func crossedLayers() throws {
    var rig = try Rig([
      ServiceSpec(name: "x", dependencies: [Dependency(ServiceID(1))], layer: 1), .named("y").with { $0.layer = 2 }, .named("z"),
    ])
    rig.boot()
    #expect(rig.statuses == ["running", "running", "running"])
  }

  @Test("initialized comes once, when every service has settled; ready is a level")
  func initialized() throws {
    var rig = try Rig([.named("a"), .named("b", on: [0]).with { $0.isCritical = false }])
    rig.holdsSpawns = ["a"]
    rig.boot()
    #expect(!rig.core.node.isInitialized && !rig.core.node.isReady)
    rig.spawned("a")
    #expect(rig.core.node.isInitialized && rig.core.node.isReady)
    rig.exit("b")
    #expect(rig.core.node.isReady)
    rig.exit("a")
    #expect(rig.core.node.isInitialized && !rig.core.node.isReady)
    #expect(rig.count { if case .changed(let change) = $0 { change.what == .initialized } else { false } } == 1)
  }

  @Test("wishes come before steps at boot, and services without dependencies start in the order of the file")
  func bootOrder() throws {
    var rig = try Rig([.named("c", on: [1]), .named("a"), .named("b")])
    rig.boot()
    let spawns = rig.log.compactMap { if case .spawn(let id, _) = $0.action { rig.graph[id].name } else { nil } }
    #expect(spawns == ["a", "b", "c"])
  }
}
