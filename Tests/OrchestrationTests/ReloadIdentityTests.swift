// A reload of the same file touches nothing; a reload of the file in another order touches nothing either.

import Testing

@testable import Orchestration

@Suite("Reload of the same")
struct ReloadIdentityTests {
  @Test("the same file changes nothing at all: no action, the same views, the same future", arguments: ReloadStage.all)
  func identity(stage: ReloadStage) throws {
    var rig = try stage.rig()
    #expect(rig["dao"].status == stage.status)
    rig.register("stranger", timeToLive: .seconds(60))
    var twin = rig
    let position = rig.log.count
    let (before, deadline) = (rig.picture, rig.core.nextDeadline)
    for _ in 0..<3 { try rig.reload(stage.specs) }
    #expect(rig.told(from: position).isEmpty)
    #expect(rig.picture == before)
    #expect(rig.core.nextDeadline == deadline)
    if stage.description == "before the boot" {
      rig.boot()
      twin.boot()
    }
    ReloadStage.goOn(&rig)
    ReloadStage.goOn(&twin)
    #expect(rig.told(from: position) == twin.told(from: position))
    #expect(rig.picture == twin.picture)
  }

  @Test("the effect that is told beforehand is what happens, in every state", arguments: ReloadStage.all)
  func effects(stage: ReloadStage) throws {
    for switches in [false, true] {
      var rig = try stage.rig()
      let specs = stage.specs.map { spec in spec.with { if spec.name == "dao", switches { $0.isEnabled.toggle() } } }
      let effect = ReloadEffect(on: rig.id("dao"), of: specs[rig.id("dao").index], needsNewRun: true, in: rig.core)
      let (position, before) = (rig.log.count, rig["dao"])
      try rig.reload(specs, restarting: ["dao"])
      let deeds = rig.log[position...].filter { $0.subject == "dao" }
      let words: Comment = "\(switches): \(effect), \(before.status), then \(deeds.map(\.action))"
      switch effect {
      case .stays: #expect(deeds.isEmpty && rig["dao"].isDesiredUp == before.isDesiredUp, words)
      case .starts: #expect(!before.isDesiredUp && rig["dao"].isDesiredUp, words)
      case .stops: #expect(before.isDesiredUp && !rig["dao"].isDesiredUp, words)
      case .restarts:
        // A run that is ending already is followed by the new one; one with dependents may wait for their ends.
        #expect(!deeds.isEmpty || before.status == .stopping || rig["dao"].isStopDue, words)
        #expect(rig["dao"].isDesiredUp && before.status != .stopped && before.status != .waiting, words)
      }
    }
  }

  @Test("another order of the file keeps everything by name, now and afterwards", arguments: ReloadStage.all)
  func permutation(stage: ReloadStage) throws {
    // Other services before and behind make sure that numbers change.
    let extra = ["x", "y"].map { name in ServiceSpec.named(name).with { $0.isEnabled = false } }
    let specs = stage.specs + extra
    let count = specs.count
    let reversed = specs.reversed().map { spec in
      spec.with { spec in
        spec.dependencies = spec.dependencies.map { edge in
          Dependency(
            ServiceID(count - 1 - edge.service.index), condition: edge.condition, isOptional: edge.isOptional, onRestart: edge.onRestart)
        }
      }
    }
    var rig = try Rig(specs)
    stage.prepare(&rig)
    rig.register("stranger", timeToLive: .seconds(60))
    var twin = rig
    let position = rig.log.count
    let (before, deadline) = (known(rig), rig.core.nextDeadline)
    try rig.reload(reversed)
    #expect(rig.told(from: position).isEmpty)
    #expect(rig.graph.services.map(\.name) == reversed.map(\.name))
    #expect(known(rig) == before)
    #expect(rig.core.nextDeadline == deadline)
    ReloadStage.goOn(&rig)
    ReloadStage.goOn(&twin)
    for spec in specs {
      #expect(rig.path(of: spec.name) == twin.path(of: spec.name))
      #expect(rig.deeds(of: spec.name) == twin.deeds(of: spec.name))
      // Its place in the file decides the moment of checks within an interval, in a later run.
      guard stage.specs.allSatisfy({ $0.check == nil }) else { continue }
      #expect(rig.spawns(of: spec.name) == twin.spawns(of: spec.name))
      #expect(rig[spec.name].counters == twin[spec.name].counters)
    }
    #expect(rig.core.registry.keys.sorted() == twin.core.registry.keys.sorted())
    #expect(rig.core.node == twin.core.node)
    #expect(rig.reportedAt == twin.reportedAt)
  }

  /// The facts about each service, with names instead of the numbers in views.
  private func known(_ rig: Rig) -> [String] {
    let snapshot = rig.core.snapshot()
    let names = snapshot.graph.services.map(\.name).sorted()
    return snapshot.services.map { view in
      // Causes inside the state name services by number: numbers are replaced by names.
      var values = view.values.moved { id in names.firstIndex(of: snapshot.graph[id].name).map { ServiceID($0) } }
      let blockers = view.blockers.map { "\(snapshot.graph[$0.service].name) \($0.reason)" }
      let cause = view.cause.text(in: snapshot.graph)
      values.blockers = []
      values.cause = .sum
      var entry = snapshot.registry[snapshot.graph[view.id].name]
      let isItsOwn = entry?.service == view.id
      entry?.service = nil
      return "\(snapshot.graph[view.id].name): \(cause) \(blockers) \(isItsOwn) \(entry as Any) \(values)"
    }.sorted()
  }

  @Test("sums of the node are right after any number of reloads")
  func sums() throws {
    let specs: [ServiceSpec] = [.named("dao"), .named("edge", on: [0]), .named("tail", on: [1])]
    var rig = try Rig(specs)
    rig.boot()
    for _ in 0..<5 { try rig.reload(specs) }
    #expect(rig.core.node.isReady && rig.core.node.health == .healthy)
    rig.exit("edge")
    #expect(!rig.core.node.isReady && rig.core.node.health == .unhealthy)
    try rig.reload(specs)
    rig.pass(.seconds(2))
    #expect(rig.core.node.isReady && rig.core.node.health == .healthy)
    rig.command(.shutdown)
    #expect(rig.signals == ["tail", "edge", "dao"])
    #expect(rig.report != nil)
  }

  @Test("a reload in the full stop does nothing")
  func fullStop() throws {
    var rig = try Rig([.named("dao")])
    rig.deaf = ["dao"]
    rig.boot()
    rig.command(.shutdown)
    let (before, position) = (rig.picture, rig.log.count)
    try rig.reload([.named("edge"), .named("dao")], restarting: ["dao"])
    #expect(rig.told(from: position).isEmpty)
    #expect(rig.picture == before)
    #expect(rig.graph.services.map(\.name) == ["dao"])
    rig.pass(.seconds(30))
    #expect(rig.report != nil)
  }

  @Test("checks that were asked for still answer after a reload: the one in flight and the one behind it")
  func requestedChecks() throws {
    let specs: [ServiceSpec] = (0..<70).map { index in ServiceSpec(name: "s\(index)", check: CheckPolicy()) }
    var rig = try Rig(specs)
    rig.boot()
    let asked = specs.map { rig.checkNow($0.name) }
    try rig.reload(specs.reversed())
    for spec in specs { rig.passes[spec.name] = true }
    // 64 are in flight; their answers make room for the others.
    for (position, spec) in specs.enumerated().prefix(64) {
      guard case .pending(let check) = asked[position] else { continue }
      rig.feed(.checkFinished(rig.id(spec.name), check: check, passed: true))
    }
    let answered = Set(rig.log.compactMap { if case .recordCheck(_, let check, true, _) = $0.action { check } else { nil } })
    let awaited = asked.compactMap { if case .pending(let check) = $0 { check } else { nil } }
    #expect(awaited.count == 70 && answered.isSuperset(of: awaited))
    for spec in specs { #expect(rig[spec.name].health == .healthy) }
  }

  @Test("a reload in the initial start keeps barriers closed, opens them in time, and ends the start once")
  func initialStart() throws {
    let specs: [ServiceSpec] = [.named("low"), .named("mid").with { $0.layer = 1 }, .named("high").with { $0.layer = 2 }]
    var rig = try Rig(specs)
    rig.holdsSpawns = ["low", "mid"]
    rig.boot()
    try rig.reload([specs[2], specs[0], specs[1]])
    #expect(rig.statuses == ["waiting", "starting", "waiting"])
    rig.spawned("low")
    try rig.reload(specs)
    #expect(rig.statuses == ["running", "starting", "waiting"])
    #expect(!rig.core.node.isInitialized)
    rig.spawned("mid")
    #expect(rig.statuses == ["running", "running", "running"])
    try rig.reload(specs)
    #expect(rig.count { if case .changed(let change) = $0 { change.what == .initialized } else { false } } == 1)
  }
}
