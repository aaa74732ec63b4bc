// Rule 90: the end of the whole without a request.

import Orchestration
import Testing

@Suite("End of the whole")
struct EndTests {
  private static func oneshot(_ name: String, on dependencies: [Int] = [], _ condition: Dependency.Condition = .started) -> ServiceSpec {
    ServiceSpec(
      name: name, kind: .oneshot, dependencies: dependencies.map { Dependency(ServiceID($0), condition: condition) },
      restart: RestartPolicy(rule: .never))
  }

  private static func fragile(_ name: String, isCritical: Bool = true, attempts: Int = 0) -> ServiceSpec {
    ServiceSpec(name: name, isCritical: isCritical, restart: RestartPolicy(maxAttempts: attempts, backoff: Backoff(base: .seconds(1))))
  }

  @Test("when every oneshot has completed everything is stopped, dependents first, and the code is 0")
  func completed() throws {
    var rig = try Rig([.named("db"), Self.oneshot("migrate", on: [0]), Self.oneshot("test", on: [0])], exits: ExitPolicy([.completed]))
    rig.boot()
    rig.exit("migrate", .code(0))
    #expect(rig.report == nil && rig.signals == [])
    rig.exit("test", .code(0))
    #expect(rig.signals == ["db"])
    #expect(
      rig.report?.ending
        == StopReport.Ending(service: nil, exitCode: 0, reason: "every oneshot has completed (stoker.exit_when: completed)"))
    #expect(rig.report?.exitCode == 0)
    let why = "full stop, since every oneshot has completed (stoker.exit_when: completed)"
    #expect(rig["db"].stopCause.text(in: rig.graph) == why)
  }

  @Test("the code is that of the oneshot that failed first; 128 and the number for a signal")
  func firstFailure() throws {
    var rig = try Rig([Self.oneshot("a"), Self.oneshot("b"), Self.oneshot("c")], exits: ExitPolicy([.completed]))
    rig.boot()
    rig.pass(.seconds(1))
    rig.exit("b", .signal(9, coreDumped: false))
    rig.pass(.seconds(1))
    rig.exit("a", .code(3))
    #expect(rig.report == nil)
    rig.exit("c", .code(0))
    #expect(rig.report?.ending?.service == "b")
    #expect(rig.report?.exitCode == 137)
    #expect(rig.report?.ending?.reason == "b failed: killed by SIGKILL (stoker.exit_when: completed)")
  }

  @Test("a oneshot that is tried again is not done before its attempts are used up")
  func attempts() throws {
    let job = ServiceSpec(
      name: "job", kind: .oneshot, restart: RestartPolicy(rule: .onFailure, maxAttempts: 1, backoff: Backoff(base: .seconds(1))))
    var rig = try Rig([job], exits: ExitPolicy([.completed]))
    rig.boot()
    rig.exit("job", .code(4))
    #expect(rig["job"].status == .backoff && rig.report == nil)
    rig.pass(.seconds(1))
    rig.exit("job", .code(5))
    #expect(rig.report?.exitCode == 5)
  }

  @Test("a oneshot that waits for what has failed for good is done, with the code of that, through any number of others")
  func inVain() throws {
    let db = Self.fragile("db", isCritical: false).with { $0.start.isNotified = true }
    let specs = [db, .named("pool", on: [0], .healthy), Self.oneshot("job", on: [1], .healthy)]
    var rig = try Rig(specs, exits: ExitPolicy([.completed]))
    rig.diesAtOnce["db"] = .code(7)
    rig.boot()
    #expect(rig.report?.ending?.service == "job")
    #expect(rig.report?.exitCode == 7)
    #expect(rig.report?.ending?.reason == "job waits for db, which failed: exited with code 7 (stoker.exit_when: completed)")
  }

  @Test("a oneshot that was stopped on request, and one that waits for what may come, are not done")
  func stopped() throws {
    var rig = try Rig([.named("db"), Self.oneshot("job", on: [0], .healthy), Self.oneshot("other")], exits: ExitPolicy([.completed]))
    rig.boot()
    rig.exit("other", .code(0))
    rig.stop("job")
    #expect(rig.report == nil)
    rig.stop("db")
    rig.start("job")
    rig.exit("job", .code(0))
    #expect(rig.report?.exitCode == 0)
  }

  @Test("disabled oneshots do not count")
  func disabled() throws {
    let specs = [Self.oneshot("a"), Self.oneshot("b").with { $0.isEnabled = false }]
    var rig = try Rig(specs, exits: ExitPolicy([.completed]))
    rig.boot()
    rig.exit("a", .code(0))
    #expect(rig.report?.exitCode == 0)
  }

  @Test("without a oneshot in the file nothing ends")
  func nothingToWaitFor() throws {
    var rig = try Rig([.named("a")], exits: ExitPolicy([.completed]))
    rig.boot()
    rig.pass(.seconds(100))
    #expect(rig.report == nil && !rig.core.node.isShuttingDown)
  }

  @Test("a critical service that has failed ends everything, with its code; another service does not")
  func failed() throws {
    let specs = [Self.fragile("aside", isCritical: false), Self.fragile("web", attempts: 1), .named("edge", on: [1])]
    var rig = try Rig(specs, exits: ExitPolicy([.failed]))
    rig.boot()
    rig.exit("aside", .code(2))
    #expect(rig["aside"].status == .failed && rig.report == nil)
    rig.exit("web", .code(2))
    #expect(rig["web"].status == .backoff && rig.report == nil)
    rig.pass(.seconds(1))
    rig.exit("web", .code(9))
    #expect(rig.report?.ending?.service == "web")
    #expect(rig.report?.exitCode == 9)
    #expect(rig.signals == ["edge"])
    #expect(rig.core.node.stopping?.request == "since web failed: exited with code 9 (stoker.exit_when: failed)")
  }

  @Test(
    "a failure without an exit code of its own is 1",
    arguments: [
      ("exit 0 again and again", Exit.code(0)), ("an unknown end", .unknown),
    ])
  func one(_: String, exit: Exit) throws {
    var rig = try Rig([Self.fragile("web")], exits: ExitPolicy([.failed]))
    rig.boot()
    rig.exit("web", exit)
    #expect(rig.report?.exitCode == 1)
  }

  @Test("a program that cannot be executed is 1, whatever the run before exited with")
  func unspawnable() throws {
    var rig = try Rig([Self.fragile("web", attempts: 1)], exits: ExitPolicy([.failed]))
    rig.boot()
    rig.unspawnable = ["web"]
    rig.exit("web", .code(5))
    rig.pass(.seconds(1))
    #expect(rig.report?.exitCode == 1)
  }

  @Test("a start that takes too long is 1, though its process ends by our signal")
  func startTimedOut() throws {
    let slow = Self.fragile("web").with { $0.start = StartPolicy(isNotified: true, timeout: .seconds(5)) }
    var rig = try Rig([slow], exits: ExitPolicy([.failed]))
    rig.boot()
    rig.pass(.seconds(6))
    #expect(rig.report?.exitCode == 1)
    #expect(rig.report?.ending?.reason == "web failed: it was not ready in time (stoker.exit_when: failed)")
  }

  @Test("out of memory is 137")
  func outOfMemory() throws {
    var rig = try Rig([Self.fragile("web")], exits: ExitPolicy([.failed]))
    rig.boot()
    rig.exit("web", .outOfMemory)
    #expect(rig.report?.exitCode == 137)
  }

  @Test("a service that starts again when its dependency is back has not failed, until that has failed for good")
  func comesBack() throws {
    let db = ServiceSpec(name: "db", isCritical: false, restart: RestartPolicy(maxAttempts: 1, backoff: Backoff(base: .seconds(100))))
    let web = Self.fragile("web").with { $0.dependencies = [Dependency(ServiceID(0))] }
    var rig = try Rig([db, web], exits: ExitPolicy([.failed]))
    rig.boot()
    rig.exit("db", .code(3))
    rig.exit("web", .code(4))
    #expect(rig["web"].status == .failed && rig["web"].comesBack && rig.report == nil)
    rig.pass(.seconds(100))
    #expect(rig["web"].status == .running && rig.report == nil)
    rig.exit("db", .code(3))
    #expect(rig["db"].status == .failed && rig.report == nil)
    rig.exit("web", .code(4))
    #expect(rig.report?.ending?.service == "web")
    #expect(rig.report?.exitCode == 4)
  }

  @Test("until a service has completed: its success is 0, and goes before the other conditions")
  func untilCompleted() throws {
    let specs = [.named("db"), Self.oneshot("test", on: [0]).with { $0.restart.successExitCodes = [0, 3] }]
    for (exit, code) in [(Exit.code(0), Int32(0)), (.code(3), 0), (.code(4), 4), (.signal(9, coreDumped: false), 137)] {
      var rig = try Rig(specs, exits: ExitPolicy([.completed, .failed], untilCompleted: "test"))
      rig.boot()
      rig.exit("test", exit)
      #expect(rig.report?.ending?.service == "test")
      #expect(rig.report?.exitCode == code)
      #expect(rig.signals == ["db"])
    }
  }

  @Test("10 and 11 are only where the code would be 0")
  func killed() throws {
    for (exit, code) in [(Exit.code(0), Int32(10)), (.code(4), 4)] {
      var rig = try Rig([.named("db"), Self.oneshot("test", on: [0])], exits: ExitPolicy(untilCompleted: "test"))
      rig.deaf = ["db"]
      rig.boot()
      rig.exit("test", exit)
      rig.pass(.seconds(31))
      #expect(rig.report?.killed == [rig.id("db")])
      #expect(rig.report?.exitCode == code)
    }
  }

  @Test("a request before the condition is a full stop as always")
  func requestedBefore() throws {
    var rig = try Rig([Self.oneshot("test")], exits: ExitPolicy(untilCompleted: "test"))
    rig.boot()
    rig.command(.shutdown)
    #expect(rig.report == StopReport(killed: [], leftOver: []))
  }

  @Test("a oneshot that completed under an earlier Stoker counts, and nothing is started")
  func remembered() throws {
    var rig = try Rig([.named("web"), Self.oneshot("job")], exits: ExitPolicy([.completed]))
    rig.remember(memory(.completed), of: "job")
    rig.boot()
    #expect(rig.report?.exitCode == 0)
    #expect(rig.spawns(of: "web") == [])
  }

  @Test("a reload changes the conditions at once")
  func reload() throws {
    let specs = [Self.oneshot("job"), .named("web")]
    var rig = try Rig(specs)
    rig.boot()
    rig.exit("job", .code(0))
    #expect(rig.report == nil)
    var reload = try rig.change(to: specs)
    reload.exits = ExitPolicy([.completed])
    rig.carryOut(rig.core.reload(reload, by: .program, at: rig.now))
    #expect(rig.report?.exitCode == 0)
  }
}
