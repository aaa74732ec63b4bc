// Rules 9 to 14: attempts, delays, giving up.

import Orchestration
import Testing

@Suite("Restarts")
struct RestartTests {
  @Test("a service that always dies is restarted after 2, 4 and 8 s and then given up, once")
  func limit() throws {
    var rig = try Rig([.named("dao")])
    rig.diesAtOnce["dao"] = .code(1)
    rig.boot()
    rig.pass(.seconds(3600))
    #expect(rig.spawns(of: "dao") == [moment(0), moment(2), moment(6), moment(14)])
    #expect(rig["dao"].status == .failed)
    #expect(rig["dao"].isLimitReached)
    #expect(rig["dao"].attempts == 3)
    #expect(rig["dao"].restarts[.exit] == 3)
    #expect(rig.count { if case .changed(let change) = $0, case .gaveUp = change.what { true } else { false } } == 1)
  }

  @Test("during back-off the next attempt's time is known, afterwards it is not")
  func nextAttempt() throws {
    var rig = try Rig([.named("dao")])
    rig.boot()
    rig.pass(.seconds(10))
    rig.exit("dao")
    #expect(rig["dao"].nextAttempt == moment(12))
    #expect(rig["dao"].backoff == .seconds(2))
    rig.pass(.seconds(2))
    #expect(rig["dao"].status == .running)
    #expect(rig["dao"].nextAttempt == nil)
    #expect(rig["dao"].lastRestartReason == .exit)
  }

  @Test("a restart names the end that it answers, also a clean one under the policy always")
  func answers() throws {
    var rig = try Rig([.named("dao").with { $0.restart.maxAttempts = nil }])
    var causes: [Cause] = []
    rig.boot()
    for exit in [Exit.code(3), .code(0), .signal(11, coreDumped: true)] {
      rig.exit("dao", exit)
      rig.pass(.seconds(700))
      causes.append(.exited(exit))
    }
    rig.restart("dao")
    causes.append(.requested(.commandLine(peer: "test")))
    let told = rig.log.compactMap { entry in
      if case .changed(let change) = entry.action, case .restarted = change.what { change } else { Change?.none }
    }
    #expect(told.map(\.cause) == causes)
    #expect(
      told.map(\.what) == [
        .restarted(ServiceID(0), run: 2, reason: .exit, attempt: 1), .restarted(ServiceID(0), run: 3, reason: .exit, attempt: 1),
        .restarted(ServiceID(0), run: 4, reason: .signal, attempt: 1), .restarted(ServiceID(0), run: 5, reason: .manual, attempt: 0),
      ])
  }

  @Test("an exit code of success is a clean end unless the policy is to run always", arguments: RestartPolicy.Rule.allCases)
  func clean(rule: RestartPolicy.Rule) {
    let policy = RestartPolicy(rule: rule, successExitCodes: [0, 3])
    #expect(policy.isSuccess(.code(3)) && !policy.isSuccess(.code(1)) && !policy.isSuccess(.unknown))
    #expect(policy.isClean(.code(3)) == (rule != .always))
    #expect(!policy.isClean(.code(1)) && !policy.isClean(.signal(15, coreDumped: false)))
  }

  @Test("a limit of 0 gives up at the first failure")
  func noAttempts() throws {
    var rig = try Rig([.named("dao").with { $0.restart.maxAttempts = 0 }])
    rig.diesAtOnce["dao"] = .signal(11, coreDumped: true)
    rig.boot()
    #expect(rig["dao"].status == .failed)
    #expect(rig["dao"].exits[.signal] == 1)
  }

  @Test("an unlimited service goes on, never later than max")
  func unlimited() throws {
    var rig = try Rig([.named("dao").with { $0.restart.maxAttempts = nil }])
    rig.diesAtOnce["dao"] = .code(1)
    rig.boot()
    rig.pass(.seconds(3600))
    let spawns = rig.spawns(of: "dao")
    #expect(rig["dao"].status == .backoff)
    #expect(spawns.count > 12)
    #expect(zip(spawns, spawns.dropFirst()).allSatisfy { $1 - $0 <= .seconds(300) })
    #expect(spawns[spawns.count - 1] - spawns[spawns.count - 2] == .seconds(300))
  }

  @Test("chance lengthens a delay by its share, and is drawn only where there is a share", arguments: [(0.0, 0), (0.5, 1)])
  func jitter(share: Double, draws: Int) throws {
    let graph = try DependencyGraph([.named("dao").with { $0.restart.backoff.jitter = share }])
    var core = Orchestrator(graph, at: moment(0))
    _ = core.perform(.boot, by: .boot, at: moment(0))
    _ = core.handle(.spawned(ServiceID(0), run: 1), at: moment(0))
    var drawn = 0
    _ = core.handle(.exited(ServiceID(0), run: 1, .code(1), isEmpty: true), at: moment(0)) {
      drawn += 1
      return 0.5
    }
    #expect(drawn == draws)
    #expect(core.view(ServiceID(0)).nextAttempt == moment(2 * (1 + share * 0.5)))
  }

  @Test("restart of a failed service at its limit is refused without force, and starts with it, attempts at 0; a start needs none")
  func force() throws {
    var rig = try Rig([.named("dao")])
    rig.diesAtOnce["dao"] = .code(1)
    rig.boot()
    rig.pass(.seconds(60))
    #expect(rig.restart("dao") == .refused(.restartLimitExceeded))
    #expect(rig["dao"].status == .failed)
    #expect(rig.start("dao") == accepted)
    rig.pass(.seconds(60))
    #expect(rig["dao"].status == .failed)
    rig.diesAtOnce = [:]
    #expect(rig.restart("dao", force: true) == accepted)
    #expect(rig["dao"].status == .running)
    #expect(rig["dao"].attempts == 0)
    #expect(!rig["dao"].isLimitReached)
  }

  @Test("a service that failed for another cause than the limit starts without force")
  func failedByPolicy() throws {
    var rig = try Rig([.named("dao").with { $0.restart.rule = .never }])
    rig.boot()
    rig.exit("dao")
    #expect(rig["dao"].status == .failed)
    #expect(!rig["dao"].isLimitReached)
    #expect(rig.restart("dao") == accepted)
    #expect(rig["dao"].status == .running)
  }

  @Test("stop on failed gives stopped with attempts 0")
  func stopFailed() throws {
    var rig = try Rig([.named("dao")])
    rig.diesAtOnce["dao"] = .code(1)
    rig.boot()
    rig.pass(.seconds(60))
    rig.stop("dao")
    #expect(rig["dao"].status == .stopped)
    #expect(rig["dao"].attempts == 0)
    #expect(rig["dao"].health == .unknown)
  }

  @Test("attempts go back to 0 after reset_after of running and healthy, not before")
  func resetAfter() throws {
    var rig = try Rig([.named("dao")])
    rig.boot()
    rig.exit("dao")
    rig.pass(.seconds(2))
    rig.pass(.seconds(599))
    #expect(rig["dao"].attempts == 1)
    rig.pass(.seconds(1))
    #expect(rig["dao"].attempts == 0)
    rig.exit("dao")
    #expect(rig["dao"].backoff == .seconds(2))
  }

  @Test(
    "the state after an end, by policy and exit code",
    arguments: [
      (RestartPolicy.Rule.always, Int32(0), Status.backoff), (.always, 1, .backoff), (.onFailure, 0, .completed), (.onFailure, 1, .backoff),
      (.onFailure, 3, .completed), (.never, 0, .completed), (.never, 1, .failed),
    ])
  func ends(rule: RestartPolicy.Rule, code: Int32, status: Status) throws {
    var rig = try Rig([
      .named("dao").with {
        $0.restart.rule = rule
        $0.restart.successExitCodes = [0, 3]
      }
    ])
    rig.boot()
    rig.exit("dao", .code(code))
    #expect(rig["dao"].status == status)
    #expect(rig["dao"].isDesiredUp == (status != .completed))
  }

  @Test("a spawn that fails is a failed attempt like an end")
  func spawnFails() throws {
    var rig = try Rig([.named("dao")])
    rig.unspawnable = ["dao"]
    rig.boot()
    rig.pass(.seconds(3600))
    #expect(rig.spawns(of: "dao") == [moment(0), moment(2), moment(6), moment(14)])
    #expect(rig["dao"].startFailures[.spawn] == 4)
    #expect(rig["dao"].restarts[.startFailed] == 3)
    #expect(rig["dao"].status == .failed)
  }

  @Test("waiting for a dependency uses no attempt")
  func parking() throws {
    var rig = try Rig([.named("dao"), .named("edge", on: [0])])
    rig.boot()
    rig.exit("edge")
    rig.stop("dao", .force)
    rig.pass(.seconds(100))
    #expect(rig["edge"].status == .waiting)
    #expect(rig["edge"].attempts == 0)
    #expect(rig["edge"].restarts.total == 0)
    rig.start("dao")
    #expect(rig["edge"].status == .running)
    #expect(rig["edge"].attempts == 1)
  }

  @Test("after the main process everything that remains of the run ends before the next attempt")
  func remains() throws {
    var rig = try Rig([.named("dao")])
    rig.deaf = ["dao"]
    rig.boot()
    rig.exit("dao", .code(1), isEmpty: false)
    #expect(rig["dao"].status == .stopping)
    #expect(!rig["dao"].isAlive)
    #expect(rig["dao"].exits[.failure] == 1)
    #expect(rig.signals == ["dao"])
    rig.pass(.seconds(29))
    #expect(rig["dao"].status == .stopping)
    rig.feed(.emptied(rig.id("dao"), run: 1))
    #expect(rig["dao"].status == .backoff)
    #expect(rig["dao"].nextAttempt == moment(31))
  }

  @Test("a spawn that cannot succeed waits ten times as long, and uses its attempts; one that may succeed waits as ever")
  func hopeless() throws {
    var rig = try Rig([.named("dao").with { $0.restart.backoff.max = .seconds(60) }])
    rig.unspawnable = ["dao"]
    rig.isHopeless = true
    rig.boot()
    for (attempt, delay) in [20, 40, 60].enumerated() {
      #expect(rig["dao"].status == .backoff)
      #expect(rig["dao"].attempts == attempt)
      #expect(rig["dao"].nextAttempt.map { $0 - rig.now } == .seconds(delay))
      if attempt == 2 { rig.isHopeless = false }
      rig.pass(.seconds(delay))
    }
    #expect(rig["dao"].status == .failed)
    #expect(rig["dao"].isLimitReached)
    rig.start("dao", force: true)
    #expect(rig["dao"].nextAttempt.map { $0 - rig.now } == .seconds(2))
  }

  @Test("events of an older run change nothing")
  func lateEvents() throws {
    var rig = try Rig([.named("dao")])
    rig.boot()
    rig.exit("dao")
    rig.pass(.seconds(2))
    let before = rig.log.count
    rig.feed(.exited(rig.id("dao"), run: 1, .code(1), isEmpty: true))
    rig.feed(.emptied(rig.id("dao"), run: 1))
    rig.feed(.spawnFailed(rig.id("dao"), run: 1))
    #expect(rig.log.count == before)
    #expect(rig["dao"].status == .running)
  }
}
