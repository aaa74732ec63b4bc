// Rule 6: requested checks.

import Orchestration
import Testing

@Suite("Check now")
struct CheckNowTests {
  private func startChecks(_ actions: [Action]) -> [UInt64] {
    actions.compactMap { if case .startCheck(_, let check, _) = $0 { check } else { nil } }
  }

  @Test("it runs one check after the one in flight, and concurrent calls share it")
  func afterInFlight() throws {
    var rig = try Rig([ServiceSpec(name: "dao", check: CheckPolicy())])
    rig.boot()
    rig.pass(.milliseconds(150))
    let (first, none) = rig.core.checkNow(rig.id("dao"), at: rig.now)
    let (second, _) = rig.core.checkNow(rig.id("dao"), at: rig.now)
    #expect(first == .pending(check: 2))
    #expect(second == first)
    #expect(startChecks(none).isEmpty)
    let actions = rig.core.handle(.checkFinished(rig.id("dao"), check: 1, passed: true), at: rig.now)
    #expect(startChecks(actions) == [2])
    let (third, _) = rig.core.checkNow(rig.id("dao"), at: rig.now)
    #expect(third == first)
    let result = rig.core.handle(.checkFinished(rig.id("dao"), check: 2, passed: true), at: rig.now)
    #expect(result.contains(.recordCheck(rig.id("dao"), check: 2, passed: true, health: .healthy)))
  }

  @Test("it counts like a scheduled result and re-bases the schedule")
  func rebases() throws {
    var rig = try Rig([ServiceSpec(name: "dao", check: CheckPolicy())])
    rig.passes["dao"] = true
    rig.boot()
    rig.pass(.seconds(75))
    let checks = rig["dao"].checks
    let (_, actions) = rig.core.checkNow(rig.id("dao"), at: rig.now)
    rig.carryOut(actions)
    #expect(rig["dao"].checks == checks + 1)
    #expect(rig["dao"].consecutiveSuccesses == Int(checks) + 1)
    rig.pass(.seconds(29))
    #expect(rig["dao"].checks == checks + 1)
    rig.pass(.seconds(1))
    #expect(rig["dao"].checks == checks + 2)
  }

  @Test("without a process there is no probe, and without a check the health is the answer")
  func noProbe() throws {
    var rig = try Rig([ServiceSpec(name: "dao", check: CheckPolicy()), .named("edge")])
    #expect(rig.core.checkNow(rig.id("dao"), at: rig.now).0 == .notRunning)
    rig.boot()
    #expect(rig.core.checkNow(rig.id("edge"), at: rig.now).0 == .noCheck(.healthy))
  }

  @Test("when the run ends before the result, the waiting clients get an answer")
  func abandoned() throws {
    var rig = try Rig([ServiceSpec(name: "dao", check: CheckPolicy())])
    rig.boot()
    let (_, actions) = rig.core.checkNow(rig.id("dao"), at: rig.now)
    #expect(startChecks(actions) == [1])
    rig.exit("dao")
    #expect(rig.count { $0 == .abandonCheck(rig.id("dao"), check: 1) } == 1)
    #expect(rig.count { $0 == .cancelCheck(rig.id("dao"), check: 1) } == 1)
  }

  @Test("a check that cannot be made counts for nothing; the waiting clients get an answer, and the schedule goes on")
  func unmade() throws {
    var rig = try Rig([ServiceSpec(name: "dao", check: CheckPolicy())])
    rig.boot()
    let (_, actions) = rig.core.checkNow(rig.id("dao"), at: rig.now)
    #expect(startChecks(actions) == [1])
    let end = rig.core.handle(.checkFinished(rig.id("dao"), check: 1, passed: nil), at: rig.now)
    #expect(end == [.abandonCheck(rig.id("dao"), check: 1)])
    #expect(rig["dao"].checks == 0 && rig["dao"].health == .unknown)
    rig.passes["dao"] = true
    rig.pass(.seconds(30))
    #expect(rig["dao"].health == .healthy && rig["dao"].checkFailures == 0)
  }

  @Test("at most 64 forced checks are under way; the others follow as those end")
  func atMost64() throws {
    let specs = (0..<200).map { ServiceSpec(name: "s\($0)", check: CheckPolicy(startInterval: .seconds(30))) }
    var rig = try Rig(specs)
    rig.boot()
    var underWay: [(ServiceID, UInt64)] = []
    func take(_ actions: [Action]) {
      for action in actions { if case .startCheck(let id, let check, _) = action { underWay.append((id, check)) } }
    }
    for index in specs.indices {
      let (answer, actions) = rig.core.checkNow(ServiceID(index), at: rig.now)
      if case .pending = answer {} else { Issue.record("service \(index) is not checked") }
      take(actions)
    }
    #expect(underWay.count == 64)
    var ended = 0
    while ended < underWay.count {
      let (id, check) = underWay[ended]
      ended += 1
      take(rig.core.handle(.checkFinished(id, check: check, passed: true), at: rig.now))
      #expect(underWay.count - ended <= 64)
    }
    #expect(ended == 200)
  }

  @Test("a queued check that fails at once brings dependents down only after the complete steps of the result that made room for it")
  func roomInTheMiddle() throws {
    let heartbeat = HeartbeatPolicy(interval: .seconds(1), timeout: .seconds(3))
    let fillers = (1...63).map { ServiceSpec(name: "f\($0)", check: CheckPolicy(interval: .seconds(3000))) }
    let x = ServiceSpec(
      name: "x", dependencies: [Dependency(ServiceID(64), onRestart: .stop)], check: CheckPolicy(interval: .seconds(3000)))
    let zz = ServiceSpec(name: "zz", check: CheckPolicy(source: .heartbeat, failureThreshold: 1), heartbeat: heartbeat)
    var rig = try Rig([x] + fillers + [zz])
    for spec in [x] + fillers { rig.passes[spec.name] = true }
    rig.boot()
    rig.carryOut(rig.core.beat("zz", status: .healthy, at: rig.now).1)
    rig.pass(.seconds(2))
    #expect(rig.graph.services.allSatisfy { rig[$0.name].health == .healthy })
    // The next scheduled checks are far away; zz has not beaten recently, and its check waits behind 64 that are not
    // answered.
    rig.passes = [:]
    rig.pass(.seconds(4))
    for spec in [x] + fillers + [zz] { rig.checkNow(spec.name) }
    #expect(rig["zz"].health == .healthy)
    rig.exit("x", .code(1))
    #expect(rig["zz"].status == .stopping || rig["zz"].status == .backoff)
    #expect(rig.path(of: "x") == ["waiting", "starting", "running", "backoff"])
    #expect(rig.healths(of: "x").last == "unhealthy")
    #expect(rig.core.registry["x"]?.status == .unhealthy)
    #expect(Audit(rig.core).staleStandings == [])
  }
}
