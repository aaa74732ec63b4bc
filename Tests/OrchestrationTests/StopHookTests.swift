// The hooks of a stop: their order, and their share of the stop's time.

import Orchestration
import Testing

@Suite("Hooks of a stop")
struct StopHookTests {
  private static let all = Set(Hook.allCases)

  private func rig(_ hooks: Set<Hook>, holding: Set<String> = []) throws -> Rig {
    var rig = try Rig([ServiceSpec(name: "dao", hooks: hooks)])
    rig.boot()
    rig.holdsHooks = holding
    rig.log = []
    return rig
  }

  @Test("pre-stop hook, stop command, signal, post-stop hook, in this order")
  func order() throws {
    var rig = try rig(Self.all)
    rig.stop("dao")
    #expect(rig.deeds() == ["dao pre_stop", "dao stop", "dao signal 15", "dao post_stop"])
    #expect(rig.path(of: "dao") == ["stopping", "stopped"])
    #expect(rig["dao"].exits[.success] == 1)
  }

  @Test("each of them waits for the one before, whether that passes or fails", arguments: [false, true])
  func oneAfterTheOther(passes: Bool) throws {
    var rig = try rig(Self.all, holding: ["dao pre_stop", "dao stop", "dao post_stop"])
    rig.stop("dao")
    #expect(rig.deeds() == ["dao pre_stop"])
    rig.finish(.preStop, of: "dao", passed: passes)
    #expect(rig.deeds() == ["dao pre_stop", "dao stop"])
    rig.finish(.stop, of: "dao", passed: passes)
    #expect(rig.deeds() == ["dao pre_stop", "dao stop", "dao signal 15", "dao post_stop"])
    rig.finish(.postStop, of: "dao", passed: passes)
    #expect(rig["dao"].status == .stopped)
  }

  @Test("all of them together have the stop's timeout; then comes SIGKILL, without waiting for the hook", arguments: [Hook.preStop, .stop])
  func deadline(hook: Hook) throws {
    var rig = try rig([.preStop, .stop], holding: ["dao \(hook.rawValue)"])
    rig.stop("dao")
    rig.pass(.seconds(29))
    #expect(rig["dao"].hook == hook)
    #expect(rig["dao"].isAlive)
    rig.pass(.seconds(1))
    #expect(Array(rig.deeds().suffix(2)) == ["dao cancel \(hook.rawValue)", "dao kill"])
    #expect(!rig.deeds().contains("dao signal 15"))
    #expect(rig["dao"].status == .stopped)
    #expect(rig["dao"].stopKills == 1)
    #expect(rig["dao"].cause == .killed)
    #expect(rig["dao"].lastStopDuration == .seconds(30))
  }

  @Test("the signal has only the rest of the timeout after the hooks")
  func restOfTheTime() throws {
    var rig = try rig([.stop], holding: ["dao stop"])
    rig.deaf = ["dao"]
    rig.stop("dao")
    rig.pass(.seconds(25))
    rig.finish(.stop, of: "dao")
    rig.pass(.seconds(4))
    #expect(rig.deeds() == ["dao stop", "dao signal 15"])
    rig.pass(.seconds(1))
    #expect(rig.deeds() == ["dao stop", "dao signal 15", "dao kill"])
  }

  @Test("a process that ends while its stop command runs: the command is waited for and no signal follows")
  func endsDuringCommand() throws {
    var rig = try rig([.stop], holding: ["dao stop"])
    rig.stop("dao")
    rig.pass(.seconds(2))
    rig.exit("dao", .code(0))
    #expect(rig["dao"].status == .stopping)
    #expect(rig["dao"].lastStopDuration == .seconds(2))
    rig.pass(.seconds(2))
    rig.finish(.stop, of: "dao")
    #expect(rig["dao"].status == .stopped)
    #expect(rig["dao"].cause == .exited(.code(0)))
    #expect(rig.deeds() == ["dao stop"])
    #expect(rig["dao"].stopKills == 0)
  }

  @Test("a process that ends during its pre-stop hook needs no stop command, and its restart waits for the hook")
  func endsDuringPreStop() throws {
    var rig = try rig([.preStop, .stop], holding: ["dao pre_stop"])
    rig.restart("dao")
    rig.exit("dao", .code(0))
    #expect(rig.deeds() == ["dao pre_stop"])
    rig.finish(.preStop, of: "dao")
    #expect(rig.deeds() == ["dao pre_stop", "dao spawn 2"])
  }

  @Test("a command that outlives its process is cut at the deadline, and that is no kill of the service")
  func commandOutlives() throws {
    var rig = try rig([.stop], holding: ["dao stop"])
    rig.deafHooks = ["dao stop"]
    rig.stop("dao")
    rig.exit("dao", .code(0))
    rig.pass(.seconds(30))
    #expect(rig["dao"].status == .stopped)
    #expect(rig.deeds() == ["dao stop", "dao cancel stop"])
    #expect(rig["dao"].stopKills == 0)
    #expect(rig["dao"].exits[.success] == 1)
  }

  @Test("when the main process ends during the command and others remain, these get the signal")
  func othersRemain() throws {
    var rig = try rig([.stop], holding: ["dao stop"])
    rig.deaf = ["dao"]
    rig.stop("dao")
    rig.exit("dao", .code(0), isEmpty: false)
    rig.finish(.stop, of: "dao")
    #expect(rig.deeds() == ["dao stop", "dao signal 15"])
    rig.feed(.emptied(rig.id("dao"), run: 1))
    #expect(rig["dao"].status == .stopped)
  }

  @Test("a restart runs pre_stop to post_stop and then pre_start again")
  func restart() throws {
    var rig = try rig(Self.all)
    rig.restart("dao")
    #expect(
      rig.deeds() == [
        "dao pre_stop", "dao stop", "dao signal 15", "dao post_stop", "dao pre_start", "dao spawn 2", "dao post_start",
      ])
    #expect(rig["dao"].restarts[.manual] == 1)
    #expect(rig["dao"].attempts == 0)
  }

  @Test("a stop before the process is there has no hook to run but the last")
  func beforeTheSpawn() throws {
    var rig = try Rig([ServiceSpec(name: "dao", hooks: [.preStop, .stop, .postStop])])
    rig.holdsSpawns = ["dao"]
    rig.boot()
    rig.stop("dao")
    rig.spawned("dao")
    #expect(rig.deeds() == ["dao spawn 1", "dao signal 15", "dao post_stop"])
    #expect(rig["dao"].status == .stopped)
  }

  @Test("commands while the post-stop hook runs decide the next step")
  func lastCommandWins() throws {
    var rig = try rig([.postStop], holding: ["dao post_stop"])
    rig.exit("dao")
    rig.stop("dao")
    rig.start("dao")
    rig.stop("dao")
    rig.finish(.postStop, of: "dao")
    #expect(rig["dao"].status == .stopped)
    rig.start("dao")
    rig.stop("dao")
    rig.start("dao")
    rig.finish(.postStop, of: "dao")
    #expect(rig["dao"].status == .running)
    #expect(rig["dao"].attempts == 0)
  }

  @Test("dependents wait for a hook of the dependency that they go down with, and it waits for theirs")
  func dependents() throws {
    var rig = try Rig([ServiceSpec(name: "dao", hooks: Self.all), .named("edge", on: [0]).with { $0.hooks = Self.all }])
    rig.boot()
    rig.log = []
    rig.holdsHooks = ["edge post_stop"]
    rig.stop("dao", .cascade)
    #expect(rig.deeds() == ["edge pre_stop", "edge stop", "edge signal 15", "edge post_stop"])
    rig.finish(.postStop, of: "edge")
    #expect(rig.deeds(of: "dao") == ["pre_stop", "stop", "signal 15", "post_stop"])
  }

  @Test("the full stop goes in reverse with all hooks, and ends within the longest chain whatever hangs")
  func fullStop() throws {
    var rig = try Rig([
      ServiceSpec(name: "dao", hooks: Self.all), .named("edge", on: [0]).with { $0.hooks = Self.all },
      ServiceSpec(name: "solo", hooks: [.preStart]),
    ])
    rig.holdsHooks = ["solo pre_start"]
    rig.boot()
    rig.log = []
    rig.holdsHooks = ["edge stop", "edge post_stop", "dao pre_stop", "dao post_stop"]
    rig.deafHooks = rig.holdsHooks
    rig.command(.shutdown)
    #expect(rig.deeds() == ["solo cancel pre_start", "edge pre_stop", "edge stop"])
    rig.finish(.preStart, of: "solo")
    #expect(rig["solo"].status == .stopped)
    rig.pass(rig.graph.longestStopChain.duration)
    #expect(rig.report == StopReport(killed: [rig.id("edge"), rig.id("dao")], leftOver: []))
    let order = rig.deeds().filter { !$0.contains("solo") }
    #expect(
      order == [
        // A hook that survives SIGKILL keeps the next one of its run from beginning.
        "edge pre_stop", "edge stop", "edge cancel stop", "edge kill", "dao pre_stop", "dao cancel pre_stop", "dao kill",
      ])
    #expect(rig.graph.longestStopChain.duration == .seconds(130))
  }

  @Test("killing everything at once waits for no hook and begins none")
  func killAll() throws {
    var rig = try Rig([
      ServiceSpec(name: "dao", hooks: Self.all), ServiceSpec(name: "edge", hooks: Self.all), ServiceSpec(name: "solo", hooks: Self.all),
      ServiceSpec(name: "tail", hooks: Self.all),
    ])
    rig.holdsHooks = ["solo pre_start"]
    rig.boot()
    rig.holdsHooks = ["solo pre_start", "edge stop", "tail post_stop"]
    rig.stop("edge")
    rig.stop("tail")
    rig.log = []
    rig.command(.killAll)
    #expect(rig.deeds(of: "dao") == ["signal 15", "kill"])
    #expect(rig.deeds(of: "edge") == ["cancel stop", "kill"])
    #expect(rig.deeds(of: "solo").allSatisfy { $0 == "cancel pre_start" })
    #expect(rig.deeds(of: "tail") == ["cancel post_stop"])
    #expect(rig.report == StopReport(killed: [rig.id("edge"), rig.id("dao")], leftOver: []))
    #expect(rig.reportedAt == rig.now)
  }

  @Test("hooks that survive their kill hold up a killing of everything for the grace at most")
  func killAllDeafHooks() throws {
    var rig = try Rig([ServiceSpec(name: "dao", hooks: [.postStop]), ServiceSpec(name: "solo", hooks: [.preStart])])
    rig.holdsHooks = ["dao post_stop", "solo pre_start"]
    rig.deafHooks = rig.holdsHooks
    rig.boot()
    rig.stop("dao")
    rig.command(.killAll)
    rig.pass(.milliseconds(4999))
    #expect(rig.report == nil)
    rig.pass(.milliseconds(1))
    #expect(rig.report == StopReport(killed: [], leftOver: []))
  }
}
