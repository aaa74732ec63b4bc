// The reload of a service: check, command or signal, report of the process, joins, and ends (rule 86).

import Orchestration
import Testing

@Suite("Reload of a service")
struct ReloadTests {
  private func rig(
    _ way: ReloadPolicy.Way = .signal(1), hasCheck: Bool = false, isReported: Bool = false, also hooks: Set<Hook> = [],
    holding: Set<String> = []
  ) throws -> Rig {
    var hooks = hooks
    if hasCheck { hooks.insert(.reloadCheck) }
    if way == .command { hooks.insert(.reload) }
    let spec = ServiceSpec(
      name: "dao", hooks: hooks, reload: ReloadPolicy(way, hasCheck: hasCheck, timeout: .seconds(10), isReported: isReported))
    var rig = try Rig([spec, ServiceSpec.named("web", on: [0])])
    rig.boot()
    rig.holdsHooks = holding
    rig.log = []
    return rig
  }

  private func reload(_ rig: inout Rig) -> CommandAnswer { rig.command(.reload(rig.id("dao"))) }

  @Test("a signal goes to the main process, and nothing else changes")
  func signal() throws {
    var rig = try rig()
    let before = rig["dao"]
    #expect(reload(&rig) == accepted)
    #expect(rig.deeds() == ["dao send 1 to main"])
    #expect(rig.reloads == [.succeeded])
    #expect(rig.path(of: "dao").isEmpty && rig.healths(of: "dao").isEmpty)
    #expect(rig["dao"].run == before.run && rig["dao"].restarts.total == 0 && rig["dao"].attempts == 0)
    #expect(rig["dao"].reloads[.success] == 1)
  }

  @Test("the check comes first; if it fails, the process gets no signal", arguments: [true, false])
  func check(passes: Bool) throws {
    var rig = try rig(hasCheck: true, holding: ["dao reload_check"])
    #expect(reload(&rig) == accepted)
    #expect(rig.deeds() == ["dao reload_check"])
    rig.finish(.reloadCheck, of: "dao", passed: passes)
    #expect(rig.deeds() == (passes ? ["dao reload_check", "dao send 1 to main"] : ["dao reload_check"]))
    #expect(rig.reloads == [passes ? .succeeded : .checkFailed])
  }

  @Test("a command has reloaded the service when it has succeeded", arguments: [true, false])
  func command(passes: Bool) throws {
    var rig = try rig(.command, hasCheck: true, holding: ["dao reload"])
    _ = reload(&rig)
    #expect(rig.deeds() == ["dao reload_check", "dao reload"])
    #expect(rig.reloads.isEmpty)
    rig.finish(.reload, of: "dao", passed: passes)
    #expect(rig.reloads == [passes ? .succeeded : .commandFailed])
    #expect(rig["dao"].status == .running)
  }

  @Test("a check or a command that takes too long is killed, and the service runs on", arguments: [Hook.reloadCheck, .reload])
  func timeout(hook: Hook) throws {
    var rig = try rig(.command, hasCheck: true, holding: ["dao \(hook.rawValue)"])
    _ = reload(&rig)
    rig.pass(.seconds(10))
    #expect(rig.deeds().last == "dao cancel \(hook.rawValue)")
    #expect(rig.reloads == [.timedOut(hook == .reload ? .command : .check)])
    #expect(rig["dao"].status == .running)
    // A killed command is over before the next one begins.
    rig.holdsHooks = []
    _ = reload(&rig)
    #expect(rig.reloads.last == .succeeded)
  }

  @Test("a process that reports its reload has reloaded when it is ready again")
  func reported() throws {
    var rig = try rig(isReported: true)
    _ = reload(&rig)
    #expect(rig.reloads.isEmpty)
    rig.say("dao", .reloading)
    rig.pass(.seconds(9))
    #expect(rig.reloads.isEmpty)
    rig.say("dao", .ready)
    #expect(rig.reloads == [.succeeded])
  }

  @Test("a process that reports that it reloads, and not that it is ready, has failed to reload")
  func neverReady() throws {
    var rig = try rig(isReported: true)
    _ = reload(&rig)
    rig.say("dao", .reloading)
    rig.pass(.seconds(10))
    #expect(rig.reloads == [.timedOut(.ready)])
    #expect(rig["dao"].status == .running)
  }

  @Test("a process that reports nothing within a second does not report its reloads")
  func unreported() throws {
    var rig = try rig(isReported: true)
    _ = reload(&rig)
    rig.pass(.milliseconds(999))
    #expect(rig.reloads.isEmpty)
    rig.pass(.milliseconds(1))
    #expect(rig.reloads == [.succeeded])
  }

  @Test("reports during the command count at its end")
  func reportedByCommand() throws {
    var rig = try rig(.command, isReported: true, holding: ["dao reload"])
    _ = reload(&rig)
    rig.say("dao", .reloading)
    rig.finish(.reload, of: "dao")
    rig.pass(.seconds(2))
    #expect(rig.reloads.isEmpty)
    rig.say("dao", .ready)
    #expect(rig.reloads == [.succeeded])
    rig.log = []
    _ = reload(&rig)
    rig.say("dao", .reloading)
    rig.say("dao", .ready)
    rig.finish(.reload, of: "dao")
    #expect(rig.reloads == [.succeeded])
  }

  @Test("a second request joins the first")
  func joins() throws {
    var rig = try rig(.command, holding: ["dao reload"])
    _ = reload(&rig)
    #expect(reload(&rig) == accepted)
    rig.finish(.reload, of: "dao")
    #expect(rig.deeds() == ["dao reload"])
    #expect(rig.reloads == [.succeeded])
  }

  @Test("a stop ends the reload, and so does the end of the process")
  func interrupted() throws {
    var rig = try rig(.command, holding: ["dao reload"])
    _ = reload(&rig)
    rig.stop("dao", .force)
    #expect(rig.reloads == [.interrupted(.requested(.commandLine(peer: "test")))])
    #expect(rig.deeds() == ["dao reload", "dao cancel reload", "dao signal 15"])
    rig.start("dao")
    rig.log = []
    _ = reload(&rig)
    rig.exit("dao")
    #expect(rig.reloads == [.interrupted(.exited(.code(1)))])
    #expect(rig["dao"].status == .backoff)
  }

  @Test("it waits for the post-start hook, and hooks of a stop wait for its command")
  func oneHookAtATime() throws {
    var rig = try rig(.command, also: [.postStart, .preStop])
    rig.holdsHooks = ["dao post_start", "dao reload"]
    rig.deafHooks = ["dao reload"]
    rig.restart("dao")
    rig.log = []
    _ = reload(&rig)
    #expect(rig.deeds().isEmpty)
    rig.finish(.postStart, of: "dao")
    #expect(rig.deeds() == ["dao reload"])
    rig.stop("dao", .force)
    #expect(rig.deeds() == ["dao reload", "dao cancel reload"])
    rig.finish(.reload, of: "dao", passed: false)
    #expect(rig.deeds() == ["dao reload", "dao cancel reload", "dao pre_stop", "dao signal 15"])
  }

  @Test("it is refused where there is no reload, and where the service does not run")
  func refused() throws {
    var rig = try rig()
    #expect(rig.command(.reload(rig.id("web"))) == .refused(.noReload))
    rig.stop("dao", .cascade)
    #expect(reload(&rig) == .refused(.notRunning))
    rig.command(.shutdown)
    #expect(reload(&rig) == .refused(.shuttingDown))
    #expect(rig.reloads.isEmpty)
  }

  // MARK: Restarts

  @Test("a requested restart is checked first, and stops nothing if that fails")
  func checkedRestart() throws {
    var rig = try rig(hasCheck: true, holding: ["dao reload_check"])
    #expect(rig.restart("dao") == .checking)
    #expect(rig["dao"].status == .running)
    rig.finish(.reloadCheck, of: "dao", passed: false)
    #expect(rig.reloads == [.checkFailed])
    #expect(rig.path(of: "dao").isEmpty)
    #expect(rig["dao"].reloads.total == 0)
    #expect(rig.restart("dao") == .checking)
    rig.finish(.reloadCheck, of: "dao")
    #expect(rig.path(of: "dao") == ["stopping", "starting", "running"])
    #expect(rig["dao"].restarts[.manual] == 1)
  }

  @Test("force, automatic restarts and a changed file skip the check")
  func uncheckedRestarts() throws {
    var rig = try rig(hasCheck: true, holding: ["dao reload_check"])
    #expect(rig.restart("dao", force: true) == accepted)
    #expect(rig["dao"].run == 2)
    rig.exit("dao")
    rig.pass(.seconds(3))
    #expect(rig["dao"].run == 3)
    #expect(!rig.deeds().contains("dao reload_check"))
  }

  @Test("a restart follows a reload that is under way, with a check of its own")
  func restartAfterReload() throws {
    var rig = try rig(.command, hasCheck: true, holding: ["dao reload"])
    _ = reload(&rig)
    #expect(rig.restart("dao") == .checking)
    #expect(rig.deeds() == ["dao reload_check", "dao reload"])
    rig.finish(.reload, of: "dao")
    #expect(rig.reloads == [.succeeded])
    #expect(rig["dao"].run == 2)
  }

  // MARK: Signals

  @Test("a signal on request is sent as it is, and recorded")
  func requestedSignal() throws {
    var rig = try rig()
    #expect(rig.command(.signal(rig.id("dao"), 10, .process)) == accepted)
    #expect(rig.command(.signal(rig.id("web"), 12, .group)) == accepted)
    #expect(rig.deeds() == ["dao send 10 to main", "web send 12"])
    let records = rig.count { if case .changed(let change) = $0, case .signalled = change.what { true } else { false } }
    #expect(records == 2)
  }

  @Test("a signal needs a process; what a main process left gets it with all processes alone")
  func signalWithoutProcess() throws {
    var rig = try Rig([ServiceSpec(name: "dao"), ServiceSpec(name: "task", kind: .inProcess)])
    #expect(rig.command(.signal(rig.id("dao"), 1, .process)) == .refused(.notRunning))
    rig.boot()
    #expect(rig.command(.signal(rig.id("task"), 1, .process)) == .refused(.noProcess))
    rig.deaf = ["dao"]
    rig.exit("dao", isEmpty: false)
    #expect(rig.command(.signal(rig.id("dao"), 1, .process)) == .refused(.notRunning))
    #expect(rig.command(.signal(rig.id("dao"), 1, .group)) == accepted)
  }
}
