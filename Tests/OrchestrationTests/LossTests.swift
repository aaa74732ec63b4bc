// Dependencies that are lost to services that have started (rule 84).

import Orchestration
import Testing

@Suite("Lost dependencies")
struct LossTests {
  @Test("what is lost to a service without a check is lost to those that need it, and nobody is restarted in vain")
  func throughUnchecked() throws {
    let check = CheckPolicy(interval: .seconds(5), failureThreshold: 2, startPeriod: .zero)
    var rig = try Rig([
      .named("db").with { $0.restart.rule = .never }, .named("server", on: [0]), .named("proxy", on: [1]),
      ServiceSpec(name: "web", dependencies: [Dependency(ServiceID(2), condition: .started)], check: check),
    ])
    rig.passes["web"] = true
    rig.boot()
    rig.pass(.seconds(60))
    rig.exit("db")
    rig.passes["web"] = false
    rig.pass(.seconds(300))
    #expect(rig["web"].health == .unhealthy && rig["web"].restarts.total == 0)
    func notes() -> [String] {
      let snapshot = rig.core.snapshot()
      return snapshot.services.dropFirst().map { snapshot.note(of: $0.id, RootCauses(of: snapshot)) { _ in ServiceErrors() } }
    }
    let reliance = "relies on db, which failed: exited with code 1"
    #expect(notes() == [reliance, reliance, "it has not recovered from an earlier failure yet; \(reliance)"])
    rig.start("db")
    rig.passes["web"] = true
    rig.pass(.seconds(60))
    #expect(notes() == ["", "", ""] && rig["web"].restarts.total == 0)
  }

  private let quick = CheckPolicy(interval: .seconds(1), failureThreshold: 3, recoveryThreshold: 1, startPeriod: .zero)

  /// web needs the finished migration, which needed database.
  private func rig() throws -> Rig {
    try Rig([
      ServiceSpec(name: "database", check: quick),
      ServiceSpec(name: "migrate", kind: .oneshot, dependencies: [Dependency(ServiceID(0), condition: .healthy)]),
      ServiceSpec(name: "web", dependencies: [Dependency(ServiceID(1), condition: .completed)], check: quick),
    ])
  }

  private func up() throws -> Rig {
    var rig = try rig()
    rig.passes = ["database": true, "web": true]
    rig.boot()
    rig.pass(.seconds(3))
    rig.exit("migrate", .code(0))
    rig.pass(.seconds(3))
    #expect(rig.statuses == ["running", "completed", "running"] && rig["web"].health == .healthy)
    return rig
  }

  /// The same, a minute after the database fell, and the web with it.
  private func down() throws -> Rig {
    var rig = try up()
    rig.passes["database"] = false
    rig.pass(.seconds(5))
    rig.passes["web"] = false
    rig.pass(.seconds(60))
    return rig
  }

  private func why(_ rig: Rig) -> Explanation { rig.core.snapshot().explain(rig.id("web"), at: rig.now) }

  @Test("failed checks restart nothing while a dependency of a completed oneshot is down; when it is back, the service is judged afresh")
  func postponed() throws {
    var rig = try down()
    #expect(rig["database"].health == .unhealthy || rig["database"].status != .running)
    #expect(rig["web"].health == .unhealthy && rig["web"].status == .running)
    #expect(rig["web"].attempts == 0 && rig["web"].restarts.total == 0)
    #expect(rig["web"].lost == [Blocker(rig.id("database"), .required(.healthy))])
    #expect(why(rig).rootCause == rig.id("database"))
    #expect(why(rig).sentence.hasPrefix("web is running and unhealthy: the last "))
    #expect(why(rig).sentence.contains("checks failed, and it relies on database to be healthy; database "))

    rig.passes = ["database": true, "web": false]
    rig.restart("database", force: true)
    rig.pass(.milliseconds(1500))
    #expect(rig["web"].lost.isEmpty && rig["web"].consecutiveFailures < 3 && rig["web"].status == .running)
    // Postponed, not dropped: what does not recover by itself is restarted.
    rig.pass(.seconds(10))
    #expect(rig["web"].restarts[.unhealthy] > 0)
  }

  @Test("a service that recovers with its dependency was never restarted")
  func recovers() throws {
    var rig = try down()
    rig.passes = ["database": true, "web": true]
    rig.restart("database", force: true)
    rig.pass(.seconds(5))
    #expect(rig["web"].health == .healthy && rig["web"].restarts.total == 0)
  }

  @Test("a service that gave up while a dependency was lost comes back when it is there again, and uses no attempt")
  func comesBack() throws {
    var rig = try up()
    rig.stop("database", .force)
    rig.diesAtOnce["web"] = .code(1)
    rig.exit("web")
    rig.pass(.seconds(60))
    #expect(rig["web"].status == .failed && rig["web"].comesBack && rig["web"].attempts == 3)
    #expect(why(rig).sentence.contains("gave up after 3 restarts; it starts again when database is healthy; database has been stopped"))
    rig.diesAtOnce = [:]
    rig.start("database")
    rig.pass(.seconds(3))
    #expect(rig["web"].status == .running && rig["web"].attempts == 0 && rig["web"].lastRestartReason == .dependency)
  }

  @Test("a service that gave up while nothing was lost to it stays so, whatever its dependencies do later")
  func staysFailed() throws {
    var rig = try up()
    rig.diesAtOnce["web"] = .code(1)
    rig.exit("web")
    rig.pass(.seconds(60))
    #expect(rig["web"].status == .failed && !rig["web"].comesBack)
    rig.stop("database", .force)
    rig.pass(.seconds(5))
    rig.diesAtOnce = [:]
    rig.start("database")
    rig.pass(.seconds(10))
    #expect(rig["web"].status == .failed)
  }

  @Test("a service that failed for want of a dependency under an earlier Stoker comes back under the next")
  func remembered() throws {
    var rig = try rig()
    rig.passes = ["database": true, "web": true]
    rig.remember(memory(.completed), of: "migrate")
    rig.remember(memory(.failed(byLimit: true, comesBack: true)), of: "web")
    rig.boot()
    rig.pass(.seconds(5))
    #expect(rig["web"].status == .running)
  }

  @Test("a service that is well and relies on something lost says so")
  func affected() throws {
    var rig = try up()
    rig.stop("database", .force)
    rig.pass(.seconds(2))
    #expect(rig["web"].health == .healthy)
    #expect(
      why(rig).sentence.contains("running for 5 s and is healthy, but it relies on database to be healthy; database has been stopped"))
    let note = rig.core.snapshot().note(of: rig.id("web"), RootCauses(of: rig.core.snapshot())) { _ in ServiceErrors() }
    #expect(note == "relies on database, which was stopped by the command line test")
    // It waits for nothing: the start of the whole is over.
    #expect(RootCauses(of: rig.core.snapshot()).awaited.isEmpty)
  }

  @Test("restart with force starts although a dependency is down, once; without force it is refused and nothing is stopped")
  func forced() throws {
    var rig = try Rig([ServiceSpec(name: "database", check: quick), .named("web", on: [0], .healthy)])
    rig.passes = ["database": true]
    rig.boot()
    rig.pass(.seconds(3))
    rig.stop("database", .force)
    let before = rig["web"].run
    #expect(rig.restart("web") == .refused(.dependencyUnmet([rig.id("database")])))
    #expect(rig["web"].status == .running && rig["web"].run == before)
    #expect(rig.restart("web", force: true) == accepted)
    rig.pass(.seconds(1))
    #expect(rig["web"].status == .running && rig["web"].run == before + 1 && rig["web"].lastRestartReason == .manual)
    // The restart policy's answer to an end forces nothing.
    rig.exit("web")
    rig.pass(.seconds(10))
    #expect(rig["web"].status == .waiting)
  }
  @Test("a restart is refused, and a start starts what is down, through a completed oneshot too")
  func commandsThroughOneshots() throws {
    var rig = try up()
    rig.stop("database", .force)
    rig.pass(.seconds(1))
    let run = rig["web"].run
    #expect(rig.restart("web") == .refused(.dependencyUnmet([rig.id("database")])))
    #expect(rig["web"].status == .running && rig["web"].run == run)
    #expect(rig.restart("web", force: true) == accepted)
    rig.pass(.seconds(1))
    #expect(rig["web"].run == run + 1 && rig["database"].status == .stopped)

    rig.stop("web")
    rig.pass(.seconds(1))
    #expect(rig.start("web") == .accepted(alsoStarted: [rig.id("database")], alsoStopped: []))
    rig.pass(.seconds(3))
    #expect(rig.statuses == ["running", "completed", "running"])
  }
}
