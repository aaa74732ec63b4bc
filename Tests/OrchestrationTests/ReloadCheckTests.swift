// A check that is added, removed or changed on a service that runs, and heartbeats.

import Orchestration
import Testing

@Suite("Reload of checks")
struct ReloadCheckTests {
  private let dao = ServiceSpec.named("dao")
  private let checked = ServiceSpec(name: "dao", check: CheckPolicy())

  private func checks(_ rig: Rig) -> Int {
    rig.count { if case .startCheck = $0 { true } else { false } }
  }

  @Test("a check that is added begins at once, and until its first result nothing is known")
  func added() throws {
    var rig = try Rig([dao, .named("edge", on: [0], .healthy)])
    rig.boot()
    #expect(rig.statuses == ["running", "running"])
    rig.pass(.seconds(100))
    try rig.reload([checked, .named("edge", on: [0], .healthy)], rechecking: ["dao"])
    #expect(rig["dao"].health == .unknown)
    #expect(rig.statuses == ["running", "running"])
    rig.passes["dao"] = true
    rig.pass(.seconds(1))
    #expect(rig["dao"].health == .healthy)
    #expect(rig.spawns(of: "dao").count == 1)
  }

  @Test("a check that is added gives the running service its start-up time")
  func addedFails() throws {
    var rig = try Rig([dao])
    rig.boot()
    rig.pass(.seconds(100))
    rig.passes["dao"] = false
    try rig.reload([checked], rechecking: ["dao"])
    rig.pass(.seconds(29))
    #expect(rig["dao"].health == .unknown)
    rig.pass(.seconds(62))
    #expect(rig.path(of: "dao").suffix(2) == ["stopping", "backoff"] || rig["dao"].restarts[.unhealthy] == 1)
  }

  @Test("without its check a service is well as long as it runs, and the one in flight counts no more")
  func removed() throws {
    var rig = try Rig([checked.with { $0.check?.autoRecovery = false }])
    rig.passes["dao"] = false
    rig.boot()
    rig.pass(.seconds(200))
    #expect(rig["dao"].health == .unhealthy)
    rig.passes = [:]
    rig.pass(.seconds(31))
    rig.log = []
    try rig.reload([dao], rechecking: ["dao"])
    #expect(rig["dao"].health == .healthy)
    #expect(rig["dao"].consecutiveFailures == 0)
    let cancelled = rig.log.compactMap { if case .cancelCheck(_, let check) = $0.action { check } else { nil } }
    #expect(cancelled.count == 1)
    let before = rig.picture
    rig.feed(.checkFinished(rig.id("dao"), check: cancelled.first ?? 0, passed: false))
    #expect(rig.picture == before)
    rig.pass(.seconds(1000))
    #expect(checks(rig) == 0)
    #expect(rig.core.nextDeadline == nil)
  }

  @Test("a check that is removed and added again begins from the start")
  func removedAndAdded() throws {
    var rig = try Rig([checked])
    rig.passes["dao"] = true
    rig.boot()
    rig.pass(.seconds(100))
    try rig.reload([dao], rechecking: ["dao"])
    try rig.reload([checked], rechecking: ["dao"])
    #expect(rig["dao"].health == .unknown)
    rig.pass(.seconds(1))
    #expect(rig["dao"].health == .healthy)
  }

  @Test("a changed check keeps streaks and verdict and follows the new schedule")
  func changed() throws {
    var rig = try Rig([checked])
    rig.passes["dao"] = true
    rig.boot()
    rig.pass(.seconds(100))
    rig.passes["dao"] = false
    rig.pass(.seconds(30))
    #expect(rig["dao"].health == .degraded && rig["dao"].consecutiveFailures == 1)
    let faster = checked.with {
      $0.check?.interval = .seconds(2); $0.check?.failureThreshold = 2
    }
    let before = checks(rig)
    try rig.reload([faster], rechecking: ["dao"])
    #expect(rig["dao"].health == .degraded && rig["dao"].consecutiveFailures == 1)
    rig.pass(.seconds(1))
    #expect(checks(rig) == before + 1)
    #expect(rig["dao"].status == .backoff)
    #expect(rig["dao"].cause == .unhealthy)
    #expect(rig.spawns(of: "dao").count == 1)
  }

  @Test("a service that was unhealthy before it crashed stays so with a changed check")
  func verdictStays() throws {
    var rig = try Rig([checked])
    rig.passes["dao"] = true
    rig.boot()
    rig.pass(.seconds(100))
    rig.exit("dao")
    rig.passes = [:]
    rig.pass(.seconds(2))
    #expect(rig["dao"].status == .running && rig["dao"].health == .unhealthy)
    try rig.reload([checked.with { $0.check?.timeout = .seconds(1) }], rechecking: ["dao"])
    #expect(rig["dao"].health == .unhealthy)
    rig.passes["dao"] = true
    rig.pass(.seconds(40))
    #expect(rig["dao"].health == .healthy)
  }

  @Test("a forced check of a check that changed is abandoned, not forgotten")
  func forced() throws {
    var rig = try Rig([checked])
    rig.boot()
    rig.pass(.seconds(1))
    let asked = [rig.checkNow("dao"), rig.checkNow("dao")]
    try rig.reload([checked.with { $0.check?.timeout = .seconds(1) }], rechecking: ["dao"])
    let abandoned = rig.log.compactMap {
      if case .abandonCheck(_, let check) = $0.action { CheckNowAnswer.pending(check: check) } else { nil }
    }
    #expect(Set(asked.map { "\($0)" }) == Set(abandoned.map { "\($0)" }))
    rig.passes["dao"] = true
    #expect(rig.checkNow("dao") != .notRunning)
    #expect(rig["dao"].health == .healthy)
  }

  @Test(
    "a changed check of a service that is down or not ready begins nothing", arguments: ["stopped", "readying", "about to be restarted"])
  func notRunning(state: String) throws {
    let edge = ServiceSpec(name: "edge", dependencies: [Dependency(ServiceID(0), onRestart: .restart)])
    func specs(_ hasCheck: Bool) -> [ServiceSpec] {
      [(hasCheck ? checked : dao).with { $0.start.isNotified = state == "readying" }, edge]
    }
    var rig = try Rig(specs(false))
    rig.deaf = ["edge"]
    rig.boot()
    if state == "stopped" { rig.stop("dao", .force) }
    if state == "about to be restarted" { rig.restart("dao") }
    let health = rig["dao"].health
    try rig.reload(specs(true), rechecking: ["dao"])
    #expect(rig["dao"].health == health)
    try rig.reload(specs(false), rechecking: ["dao"])
    #expect(rig["dao"].health == health)
    #expect(checks(rig) == 0)
  }

  @Test("an external service with a changed check is checked again, whether it had passed or not", arguments: [false, true])
  func external(hadPassed: Bool) throws {
    let spec = ServiceSpec(name: "dao", kind: .external, check: CheckPolicy())
    var rig = try Rig([spec])
    rig.passes["dao"] = hadPassed
    rig.boot()
    rig.pass(.seconds(10))
    #expect(rig["dao"].status == (hadPassed ? .running : .starting))
    rig.passes["dao"] = true
    let before = checks(rig)
    try rig.reload([spec.with { $0.check?.interval = .seconds(5) }], restarting: ["dao"], rechecking: ["dao"])
    rig.pass(.seconds(1))
    #expect(checks(rig) > before)
    #expect(rig["dao"].status == .running)
  }

  // MARK: Heartbeats

  @Test("Stoker beats for a running service at the interval of the new file")
  func beatInterval() throws {
    var rig = try Rig([dao])
    rig.boot()
    rig.pass(.seconds(150))
    try rig.reload([dao.with { $0.heartbeat = HeartbeatPolicy(interval: .seconds(10), timeout: .seconds(30)) }])
    let entry = try #require(rig.core.registry["dao"]).current(at: rig.now)
    #expect(entry.beats == 4 && entry.timeToLive == .seconds(30))
    rig.pass(.seconds(30))
    let later = try #require(rig.core.registry["dao"]).current(at: rig.now)
    #expect(later.beats == 7)
  }

  @Test("a heartbeat that must come sooner expires sooner")
  func beatTimeout() throws {
    let own = ServiceSpec(name: "dao", check: CheckPolicy(source: .heartbeat, autoRecovery: false))
    var rig = try Rig([own])
    rig.boot()
    rig.pass(.seconds(10))
    try rig.reload([own.with { $0.heartbeat.timeout = .seconds(20) }])
    rig.pass(.milliseconds(9999))
    #expect(rig.core.registry["dao"]?.status != .expired)
    rig.pass(.milliseconds(1))
    #expect(rig.core.registry["dao"]?.status == .expired)
  }
}
