// The watchdog, and ends by lack of memory.

import Orchestration
import Testing

@Suite("Watchdog")
struct WatchdogTests {
  private func dao(_ change: (inout ServiceSpec) -> Void = { _ in }) -> ServiceSpec {
    ServiceSpec(name: "dao", watchdog: .seconds(10)).with(change)
  }

  @Test("signs of life keep a service running; silence ends it with reason watchdog")
  func silence() throws {
    var rig = try Rig([dao()])
    rig.boot()
    for _ in 0..<10 {
      rig.pass(.seconds(9))
      rig.say("dao", .alive)
    }
    #expect(rig.path(of: "dao") == ["starting", "running"])
    rig.pass(.milliseconds(9999))
    #expect(rig["dao"].status == .running)
    rig.pass(.milliseconds(1))
    #expect(rig.path(of: "dao") == ["starting", "running", "stopping", "backoff"])
    #expect(rig["dao"].cause == .watchdog)
    #expect(rig["dao"].health == .unhealthy)
    rig.pass(.seconds(2))
    #expect(rig["dao"].restarts[.watchdog] == 1)
    #expect(rig["dao"].attempts == 1)
  }

  @Test("a service without a watchdog may be silent")
  func none() throws {
    var rig = try Rig([.named("dao")])
    rig.boot()
    rig.say("dao", .alive)
    rig.pass(.seconds(100_000))
    #expect(rig["dao"].status == .running)
    #expect(rig.core.nextDeadline == nil)
  }

  @Test("the process may pull the trigger itself")
  func trigger() throws {
    var rig = try Rig([dao()])
    rig.boot()
    rig.say("dao", .stuck)
    #expect(rig["dao"].status == .backoff)
    #expect(rig["dao"].cause == .watchdog)
  }

  @Test("a stuck process gets no hooks: the signal comes at once, the post-stop hook at the end")
  func hooks() throws {
    var rig = try Rig([dao { $0.hooks = Set(Hook.allCases) }])
    rig.deaf = ["dao"]
    rig.boot()
    rig.log = []
    rig.pass(.seconds(10))
    #expect(rig.deeds() == ["dao signal 15"])
    rig.pass(.seconds(30))
    #expect(rig.deeds() == ["dao signal 15", "dao kill", "dao post_stop"])
    #expect(rig["dao"].status == .backoff)
  }

  @Test("it watches from the moment on at which the service is ready")
  func fromReady() throws {
    var rig = try Rig([dao { $0.start.isNotified = true }])
    rig.boot()
    rig.pass(.seconds(40))
    rig.say("dao", .alive)
    rig.say("dao", .stuck)
    #expect(rig["dao"].status == .starting)
    rig.say("dao", .ready)
    rig.pass(.seconds(9))
    #expect(rig["dao"].status == .running)
    rig.pass(.seconds(1))
    #expect(rig["dao"].cause == .watchdog)
  }

  @Test("while it stops, or is about to, nothing is expected of it")
  func stopping() throws {
    var rig = try Rig([dao { $0.stop.timeout = .seconds(100) }, .named("edge", on: [0])])
    rig.deaf = ["dao", "edge"]
    rig.boot()
    rig.stop("dao", .cascade)
    rig.pass(.seconds(25))
    // The dependent still goes down; the watchdog's time was over twice.
    #expect(rig.statuses == ["running", "stopping"])
    rig.pass(.seconds(5))
    #expect(rig.statuses == ["stopping", "stopped"])
    rig.pass(.seconds(50))
    #expect(rig["dao"].status == .stopping && rig["dao"].restarts.total == 0)
    rig.say("dao", .stuck)
    rig.exit("dao", .code(0))
    #expect(rig["dao"].status == .stopped)
  }

  @Test("wanted again before it went down it is watched again")
  func backFromTheBrink() throws {
    var rig = try Rig([dao(), .named("edge", on: [0])])
    rig.deaf = ["edge"]
    rig.boot()
    rig.stop("dao", .cascade)
    rig.pass(.seconds(25))
    rig.start("dao")
    rig.pass(.milliseconds(4999))
    #expect(rig["dao"].status == .running)
    rig.pass(.seconds(6))
    #expect(rig["dao"].cause == .watchdog)
  }

  @Test("signs of life of an older run keep nothing alive, and each run has its own time")
  func olderRun() throws {
    var rig = try Rig([dao()])
    rig.boot()
    rig.pass(.seconds(8))
    rig.exit("dao")
    rig.pass(.seconds(2))
    #expect(rig["dao"].run == 2)
    rig.pass(.seconds(9))
    rig.say("dao", .alive, run: 1)
    #expect(rig["dao"].status == .running)
    rig.pass(.seconds(1))
    #expect(rig["dao"].cause == .watchdog)
  }

  @Test("nothing is expected of a run that cannot be heard, and of the next one as usual")
  func unheard() throws {
    var rig = try Rig([dao()])
    rig.boot()
    rig.say("dao", .unheard)
    rig.pass(.seconds(1000))
    #expect(rig["dao"].status == .running)
    rig.exit("dao")
    rig.pass(.seconds(2))
    #expect(rig["dao"].run == 2)
    rig.pass(.seconds(10))
    #expect(rig["dao"].cause == .watchdog)
  }

  @Test("a run that cannot be heard stays unwatched when it becomes ready, and when a stop that was decided is taken back")
  func unheardForGood() throws {
    var rig = try Rig([dao { $0.start = StartPolicy(isNotified: true, timeout: .seconds(60)) }, .named("web", on: [0])])
    rig.deaf.insert("web")
    rig.boot()
    rig.say("dao", .unheard)
    rig.say("dao", .ready)
    rig.pass(.seconds(1000))
    #expect(rig["dao"].status == .running && rig["dao"].run == 1)
    rig.stop("dao", .cascade)
    rig.pass(.seconds(1))
    rig.start("dao")
    rig.pass(.seconds(1000))
    #expect(rig["dao"].status == .running && rig["dao"].run == 1)
  }

  @Test("dependents go down with it as their edges say")
  func dependents() throws {
    var rig = try Rig([
      dao(), ServiceSpec(name: "edge", dependencies: [Dependency(ServiceID(0), onRestart: .restart)]),
      ServiceSpec(name: "tail", dependencies: [Dependency(ServiceID(0), onRestart: .stop)]), .named("solo", on: [0]),
    ])
    rig.boot()
    rig.pass(.seconds(10))
    #expect(rig.statuses == ["backoff", "waiting", "stopped", "running"])
    rig.pass(.seconds(2))
    #expect(rig.statuses == ["running", "running", "stopped", "running"])
  }

  @Test("a watchdog counts for never, too: the service fails, since the policy wants no restart")
  func never() throws {
    var rig = try Rig([dao { $0.restart.rule = .never }])
    rig.boot()
    rig.pass(.seconds(10))
    #expect(rig["dao"].status == .failed)
    #expect(!rig["dao"].isLimitReached)
  }

  // MARK: Memory

  @Test(
    "an end for lack of memory counts as oom and is followed by a restart with that reason",
    arguments: [RestartPolicy.Rule.always, .onFailure])
  func outOfMemory(rule: RestartPolicy.Rule) throws {
    var rig = try Rig([ServiceSpec(name: "dao", restart: RestartPolicy(rule: rule))])
    rig.boot()
    rig.exit("dao", .outOfMemory)
    #expect(rig["dao"].status == .backoff)
    #expect(rig["dao"].exits[.oom] == 1 && rig["dao"].exits.total == 1)
    #expect(rig["dao"].lastExit == .outOfMemory)
    rig.pass(.seconds(2))
    #expect(rig["dao"].restarts[.oom] == 1)
    #expect(rig["dao"].lastRestartReason == .oom)
  }

  @Test("a process that runs out of memory after the signal of a stop has ended as requested")
  func outOfMemoryInStop() throws {
    var rig = try Rig([.named("dao")])
    rig.deaf = ["dao"]
    rig.boot()
    rig.stop("dao")
    rig.exit("dao", .outOfMemory)
    #expect(rig["dao"].status == .stopped)
    #expect(rig["dao"].exits[.success] == 1)
  }
}
