// The longest time that a run may live (rule 95).

import Orchestration
import Testing

@Suite("Longest time of a run")
struct RuntimeMaxTests {
  private func dao(_ change: (inout ServiceSpec) -> Void = { _ in }) -> ServiceSpec {
    ServiceSpec(name: "dao", runtimeMax: .seconds(100)).with(change)
  }

  @Test("a run that has lived so long is stopped with its hooks, and started again with that reason, each time")
  func restarts() throws {
    var rig = try Rig([dao { $0.hooks = [.preStop] }])
    rig.boot()
    rig.pass(.milliseconds(99_999))
    #expect(rig["dao"].status == .running)
    rig.log = []
    rig.pass(.milliseconds(1))
    #expect(rig.deeds() == ["dao pre_stop", "dao signal 15"])
    #expect(rig["dao"].status == .backoff && rig["dao"].cause == .runtimeMax && rig["dao"].attempts == 0)
    rig.pass(.seconds(2))
    #expect(rig["dao"].restarts[.runtimeMax] == 1 && rig["dao"].lastRestartReason == .runtimeMax)
    rig.pass(.seconds(100))
    #expect(rig["dao"].status == .backoff)
  }

  @Test("a service without it lives as long as it likes")
  func none() throws {
    var rig = try Rig([.named("dao")])
    rig.boot()
    #expect(rig.core.nextDeadline == nil)
  }

  @Test("with never it fails, and a oneshot has not completed, whatever its exit code then")
  func never() throws {
    var rig = try Rig([dao { $0.restart.rule = .never }, ServiceSpec(name: "job", kind: .oneshot, runtimeMax: .seconds(5))])
    rig.deaf = ["job"]
    rig.boot()
    rig.pass(.seconds(5))
    #expect(rig.statuses == ["running", "stopping"])
    rig.exit("job", .code(0))
    #expect(rig.statuses == ["running", "backoff"])
    rig.pass(.seconds(100))
    #expect(rig["dao"].status == .failed && rig["dao"].cause == .runtimeMax && !rig["dao"].isLimitReached)
  }

  @Test("a oneshot that ends in time is completed, and nothing is due any more")
  func inTime() throws {
    var rig = try Rig([ServiceSpec(name: "job", kind: .oneshot, runtimeMax: .seconds(5))])
    rig.boot()
    rig.pass(.seconds(4))
    rig.exit("job", .code(0))
    #expect(rig["job"].status == .completed)
    #expect(rig.core.nextDeadline == nil)
  }

  @Test("it counts from the start of the process, and a start that is not done has its own limit")
  func fromTheSpawn() throws {
    var rig = try Rig([dao { $0.start = StartPolicy(isNotified: true, timeout: .seconds(300)) }])
    rig.boot()
    rig.pass(.seconds(60))
    rig.say("dao", .ready)
    rig.pass(.seconds(39))
    #expect(rig["dao"].status == .running)
    rig.pass(.seconds(1))
    #expect(rig["dao"].cause == .runtimeMax)
    rig.pass(.seconds(250))
    #expect(rig["dao"].status == .starting)
    rig.say("dao", .ready)
    rig.pass(.zero)
    #expect(rig["dao"].status == .backoff, "it had lived longer before it was ready")
  }

  @Test("the time goes on when a later Stoker takes the run over")
  func adopted() throws {
    var rig = try Rig.booted([dao()], ["dao": memory(.live)])
    rig.pass(.milliseconds(94_999))
    #expect(rig["dao"].status == .running)
    rig.pass(.milliseconds(1))
    #expect(rig["dao"].cause == .runtimeMax)
  }

  @Test("a reload sets another time for the present run, also one that it has passed, and takes it away")
  func reload() throws {
    var rig = try Rig([dao()])
    rig.boot()
    rig.pass(.seconds(50))
    try rig.reload([dao { $0.runtimeMax = nil }])
    #expect(rig.core.nextDeadline == nil)
    rig.pass(.seconds(1000))
    try rig.reload([dao { $0.runtimeMax = .seconds(1051) }])
    rig.pass(.milliseconds(999))
    #expect(rig["dao"].status == .running)
    try rig.reload([dao()])
    rig.pass(.zero)
    #expect(rig["dao"].status == .backoff && rig["dao"].run == 1)
  }

  @Test("while a stop is decided it is left alone; wanted again it is ended at once if its time has passed")
  func backFromTheBrink() throws {
    var rig = try Rig([dao(), .named("edge", on: [0])])
    rig.deaf = ["edge"]
    rig.boot()
    rig.pass(.seconds(90))
    rig.stop("dao", .cascade)
    rig.pass(.seconds(15))
    #expect(rig["dao"].status == .running)
    rig.start("dao")
    rig.pass(.zero)
    #expect(rig["dao"].cause == .runtimeMax)
  }

  @Test("dependents go down with it as their edges say")
  func dependents() throws {
    var rig = try Rig([
      dao(), ServiceSpec(name: "edge", dependencies: [Dependency(ServiceID(0), onRestart: .restart)]), .named("solo", on: [0]),
    ])
    rig.boot()
    rig.pass(.seconds(100))
    #expect(rig.statuses == ["backoff", "waiting", "running"])
  }
}
