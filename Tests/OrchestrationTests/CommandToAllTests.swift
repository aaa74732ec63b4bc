// Commands to all services at once (rules 18 to 20).

import Orchestration
import Testing

@Suite("Commands to all services")
struct CommandToAllTests {
  private static let specs: [ServiceSpec] = [
    .named("db"), .named("web", on: [0]), .named("edge", on: [1]),
    ServiceSpec(name: "cron", isEnabled: false), ServiceSpec(name: "job", kind: .oneshot),
    ServiceSpec(name: "cache", dependencies: [Dependency(ServiceID(0), isOptional: true)]),
  ]

  @Test("a stop takes all down, each after its dependents, required or not, and keeps them down")
  func stop() throws {
    var rig = try Rig(Self.specs)
    rig.deaf = ["edge", "cache"]
    rig.boot()
    rig.exit("job", .code(0))
    let answer = rig.command(.stopAll)
    #expect(answer == .accepted(alsoStarted: [], alsoStopped: ["db", "web", "edge", "job", "cache"].map(rig.id)))
    #expect(rig.signals == ["edge", "cache"])
    rig.exit("edge", .signal(15, coreDumped: false))
    #expect(rig.signals == ["edge", "cache", "web"])
    rig.exit("cache", .signal(15, coreDumped: false))
    #expect(rig.signals == ["edge", "cache", "web", "db"])
    #expect(rig.statuses == Array(repeating: "stopped", count: 6))
    #expect(!rig.core.node.isShuttingDown)
    rig.pass(.seconds(100))
    #expect(rig.statuses == Array(repeating: "stopped", count: 6))
  }

  @Test("a start brings up what is enabled and what that requires, and leaves what has completed")
  func start() throws {
    var rig = try Rig([
      ServiceSpec(name: "db", isEnabled: false), .named("web", on: [0]), ServiceSpec(name: "job", kind: .oneshot),
      .named("aside").with { $0.isEnabled = false },
    ])
    rig.boot()
    rig.exit("job", .code(0))
    #expect(rig["web"].status == .waiting)
    rig.stop("web")
    let answer = rig.command(.startAll)
    #expect(answer == .accepted(alsoStarted: ["db", "web"].map(rig.id), alsoStopped: []))
    #expect(rig.statuses == ["running", "running", "completed", "stopped"])
    #expect(rig.command(.startAll) == accepted)
  }

  @Test("a start tries again what has failed or is in back-off")
  func startFailed() throws {
    var rig = try Rig([
      ServiceSpec(name: "a", restart: RestartPolicy(maxAttempts: 0)),
      ServiceSpec(name: "b", restart: RestartPolicy(backoff: Backoff(base: .seconds(60)))),
    ])
    rig.boot()
    rig.exit("a")
    rig.exit("b")
    #expect(rig.statuses == ["failed", "backoff"])
    rig.command(.startAll)
    #expect(rig.statuses == ["running", "running"])
    #expect(rig["a"].attempts == 0 && rig["b"].attempts == 0)
  }

  @Test("a restart takes all down, dependents first, and up again, dependencies first; what is down stays down")
  func restart() throws {
    var rig = try Rig(Self.specs)
    rig.boot()
    rig.pass(.seconds(1))
    rig.stop("cache")
    let before = rig.log.count
    let answer = rig.command(.restartAll)
    #expect(answer == .accepted(alsoStarted: ["db", "web", "edge"].map(rig.id), alsoStopped: []))
    let deeds = rig.log[before...].compactMap { entry -> String? in
      switch entry.action {
      case .signal: "\(entry.subject) down"
      case .spawn: "\(entry.subject) up"
      default: nil
      }
    }
    #expect(deeds == ["edge down", "web down", "db down", "db up", "web up", "edge up"])
    #expect(rig["job"].status == .running && rig["cache"].status == .stopped && rig["cron"].status == .stopped)
    #expect(rig["db"].restarts[.manual] == 1 && rig["db"].attempts == 0)
  }

  @Test("in a full stop nothing is started or restarted")
  func fullStop() throws {
    var rig = try Rig(Self.specs)
    rig.deaf = ["edge"]
    rig.boot()
    rig.command(.shutdown)
    #expect(rig.command(.startAll) == .refused(.shuttingDown))
    #expect(rig.command(.restartAll) == .refused(.shuttingDown))
    #expect(rig.command(.stopAll) == accepted)
  }
}
