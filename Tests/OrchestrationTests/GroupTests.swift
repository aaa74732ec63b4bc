// Groups of dependencies, of which one is enough (rule 89).

import Orchestration
import Testing

@Suite("Groups")
struct GroupTests {
  private static let quick = CheckPolicy(interval: .seconds(1), failureThreshold: 2, recoveryThreshold: 1, startPeriod: .zero)

  /// web@1 to web@3, and api that needs any of them.
  private func rig(
    _ condition: Dependency.Condition = .started, isOptional: Bool = false, onRestart: Dependency.OnRestart = .ignore,
    check: CheckPolicy? = nil, restart: RestartPolicy? = nil, webOn dependencies: [Dependency] = [], and more: [ServiceSpec] = []
  ) throws -> Rig {
    let webs = (1...3).map { ServiceSpec(name: "web@\($0)", section: "web", dependencies: dependencies, check: check, restart: restart) }
    let edges = (0..<3).map { Dependency(ServiceID($0), condition: condition, isOptional: isOptional, onRestart: onRestart, group: 0) }
    return try Rig(webs + [ServiceSpec(name: "api", dependencies: edges)] + more)
  }

  /// No check passes yet.
  private let none = ["web@1": false, "web@2": false, "web@3": false]

  private func status(_ rig: Rig, _ name: String) -> String { rig[name].status.rawValue }

  private func clause(_ rig: Rig, _ name: String) -> String {
    rig.core.snapshot().explain(rig.id(name), at: rig.now).sentence
  }

  @Test("a start waits until one meets the condition, names all until then, and has that one as its cause")
  func start() throws {
    var rig = try rig(.healthy, check: Self.quick)
    rig.passes = none
    rig.boot()
    rig.pass(.seconds(2))
    #expect(status(rig, "api") == "waiting")
    #expect(rig["api"].blockers.map(\.isAny) == [true, true, true])
    #expect(clause(rig, "api").hasPrefix("api waits for web@1 or web@2 or web@3 to be healthy"))
    rig.passes["web@2"] = true
    rig.pass(.seconds(3))
    #expect(status(rig, "api") == "running")
    let starts = rig.log.compactMap { entry -> Cause? in
      if case .changed(let change) = entry.action, case .status(let id, from: _, to: .starting, run: _) = change.what, id == rig.id("api") {
        return change.cause
      }
      return nil
    }
    #expect(starts == [.dependency(rig.id("web@2"))])
  }

  @Test("one that failed holds nobody up; when all have, the first is the root cause")
  func failures() throws {
    var rig = try rig(.healthy, check: Self.quick, restart: RestartPolicy(rule: .never))
    rig.passes = none
    rig.unspawnable = ["web@1"]
    rig.isHopeless = true
    rig.boot()
    rig.pass(.milliseconds(500))
    let causes = RootCauses(of: rig.core.snapshot())
    #expect(status(rig, "web@1") == "failed" && status(rig, "api") == "waiting")
    #expect(causes[rig.id("api")] == rig.id("web@2"))
    rig.passes = ["web@3": true]
    rig.pass(.seconds(3))
    #expect(status(rig, "api") == "running")
  }

  @Test("what is lost is the group: nothing while one meets the condition, all of it when none does")
  func losses() throws {
    var rig = try rig(.healthy, check: Self.quick)
    rig.passes = ["web@1": true, "web@2": true, "web@3": true]
    rig.boot()
    rig.pass(.seconds(5))
    rig.passes = ["web@1": false, "web@2": false, "web@3": true]
    rig.pass(.seconds(3))
    #expect(rig["api"].lost.isEmpty)
    rig.passes["web@3"] = false
    rig.pass(.seconds(3))
    #expect(rig["api"].lost.map(\.service) == [0, 1, 2].map { ServiceID($0) } && rig["api"].lost.allSatisfy { $0.isAny })
    #expect(clause(rig, "api").contains("it relies on web@1 or web@2 or web@3 to be healthy"))
    rig.passes["web@2"] = true
    rig.pass(.seconds(5))
    #expect(rig["api"].lost.isEmpty)
  }

  @Test("a stop is refused for the last that meets the condition alone, and does not wait for the dependent before that")
  func stops() throws {
    var rig = try rig()
    rig.boot()
    rig.pass(.seconds(2))
    #expect(rig.stop("web@1") == .accepted(alsoStarted: [], alsoStopped: []))
    #expect(rig.stop("web@3", .cascade) == .accepted(alsoStarted: [], alsoStopped: []))
    rig.pass(.seconds(1))
    #expect(rig.statuses == ["stopped", "running", "stopped", "running"])
    #expect(rig.stop("web@2") == .refused(.requiredBy([rig.id("api")])))
    #expect(rig.stop("web@2", .cascade) == .accepted(alsoStarted: [], alsoStopped: [rig.id("api")]))
    rig.pass(.seconds(1))
    #expect(rig.statuses == ["stopped", "stopped", "stopped", "stopped"])
    let signals = rig.log.compactMap { entry -> String? in if case .signal = entry.action { entry.subject } else { nil } }
    #expect(signals.suffix(2) == ["api", "web@2"])
  }

  @Test("a cascade takes what needs all that fall, though each alone had another beside it")
  func cascade() throws {
    let database = Dependency(ServiceID(4))
    var rig = try rig(webOn: [database], and: [.named("db")])
    rig.boot()
    rig.pass(.seconds(2))
    rig.stop("db", .cascade)
    rig.pass(.seconds(1))
    #expect(Set(rig.statuses) == ["stopped"])
  }

  @Test("a start brings up one: the one that is wanted, or the first that has not failed")
  func pulls() throws {
    var rig = try rig()
    rig.boot()
    rig.pass(.seconds(2))
    for name in ["api", "web@1", "web@2", "web@3"] { rig.stop(name) }
    rig.pass(.seconds(1))
    #expect(rig.start("api") == .accepted(alsoStarted: [rig.id("web@1")], alsoStopped: []))
    rig.pass(.seconds(2))
    #expect(rig.statuses == ["running", "stopped", "stopped", "running"])
  }

  @Test("on_restart takes the dependent along only when no other meets the condition")
  func drags() throws {
    var rig = try rig(onRestart: .restart)
    rig.boot()
    rig.pass(.seconds(2))
    let run = rig["api"].run
    rig.restart("web@1")
    rig.exit("web@2")
    rig.pass(.seconds(10))
    #expect(rig["api"].run == run && rig.statuses == Array(repeating: "running", count: 4))
    rig.stop("web@1")
    rig.stop("web@2")
    rig.pass(.seconds(1))
    rig.exit("web@3")
    rig.pass(.seconds(10))
    #expect(rig["api"].run == run + 1 && rig["api"].lastRestartReason == .dependency)
  }

  @Test("an optional group is waited for while one may still come up, and no longer once one has")
  func optional() throws {
    var rig = try rig(.healthy, isOptional: true, check: Self.quick)
    rig.passes = none
    rig.boot()
    rig.pass(.seconds(1))
    #expect(status(rig, "api") == "waiting")
    rig.passes["web@3"] = true
    rig.pass(.seconds(3))
    #expect(status(rig, "api") == "running")
  }

  @Test("many instances are named by their section")
  func words() throws {
    let webs = (1...5).map { ServiceSpec(name: "web@\($0)", section: "web") }
    let graph = try DependencyGraph(webs + [.named("db")])
    func words(isAny: Bool, _ ids: Range<Int>) -> [String] {
      graph.words(for: ids.map { Blocker(ServiceID($0), .required(.started), isAny: isAny) }).map(\.names)
    }
    #expect(words(isAny: true, 0..<6) == ["one of 5 instances of web", "db"])
    #expect(words(isAny: false, 0..<6) == ["5 instances of web", "db"])
    #expect(words(isAny: true, 0..<2) == ["web@1 or web@2"])
    #expect(words(isAny: false, 3..<6) == ["web@4", "web@5", "db"])
  }
}
