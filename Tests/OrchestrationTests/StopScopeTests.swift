// The processes that a stop asks to end, and the stop command that is enough (rule 87).

import Orchestration
import Testing

@Suite("Receivers of a stop's signal")
struct StopScopeTests {
  private func rig(_ stop: StopPolicy, _ hooks: Set<Hook> = [], holding: Set<String> = []) throws -> Rig {
    var rig = try Rig([ServiceSpec(name: "dao", hooks: hooks, watchdog: .seconds(5), stop: stop)])
    rig.deaf = ["dao"]
    rig.boot()
    rig.holdsHooks = holding
    rig.log = []
    return rig
  }

  @Test("with scope process the main process is asked, and what it leaves at once after its end")
  func rest() throws {
    var rig = try rig(StopPolicy(scope: .process))
    rig.stop("dao")
    #expect(rig.deeds() == ["dao signal 15 to main"])
    rig.exit("dao", .code(0), isEmpty: false)
    #expect(rig.deeds() == ["dao signal 15 to main", "dao signal 15"])
    rig.feed(.emptied(rig.id("dao"), run: 1))
    #expect(rig["dao"].status == .stopped)
  }

  @Test("so it is in a stop by the watchdog, in a full stop and in a restart", arguments: ["watchdog", "full stop", "restart"])
  func otherStops(kind: String) throws {
    var rig = try rig(StopPolicy(scope: .process))
    switch kind {
    case "watchdog": rig.pass(.seconds(5))
    case "full stop": rig.command(.shutdown)
    default: rig.restart("dao")
    }
    rig.exit("dao", .code(0), isEmpty: false)
    #expect(Array(rig.deeds().prefix(2)) == ["dao signal 15 to main", "dao signal 15"])
  }

  @Test("a main process that ends by itself leaves nothing that is not asked")
  func endsByItself() throws {
    var rig = try rig(StopPolicy(scope: .process))
    rig.exit("dao", .code(1), isEmpty: false)
    #expect(rig.deeds() == ["dao signal 15"])
  }

  @Test("with scope group all are asked once")
  func once() throws {
    var rig = try rig(StopPolicy())
    rig.stop("dao")
    rig.exit("dao", .code(0), isEmpty: false)
    #expect(rig.deeds() == ["dao signal 15"])
  }

  @Test("without a signal the process has the rest of the time after its stop command, and then comes SIGKILL")
  func noSignal() throws {
    var rig = try rig(StopPolicy(isCommandEnough: true), [.stop], holding: ["dao stop"])
    rig.stop("dao")
    rig.pass(.seconds(10))
    rig.finish(.stop, of: "dao")
    rig.pass(.seconds(19))
    #expect(rig.deeds() == ["dao stop"])
    rig.pass(.seconds(1))
    #expect(rig.deeds() == ["dao stop", "dao kill"])
    #expect(rig["dao"].stopKills == 1)
  }

  @Test("a process that ends after its stop command was not killed")
  func endsAfterCommand() throws {
    var rig = try rig(StopPolicy(isCommandEnough: true), [.stop])
    rig.stop("dao")
    rig.pass(.seconds(2))
    rig.exit("dao", .code(0))
    #expect(rig.deeds() == ["dao stop"])
    #expect(rig["dao"].status == .stopped)
    #expect(rig["dao"].stopKills == 0)
  }

  @Test("what the main process leaves is asked then too")
  func restAfterCommand() throws {
    var rig = try rig(StopPolicy(isCommandEnough: true), [.stop])
    rig.stop("dao")
    rig.exit("dao", .code(0), isEmpty: false)
    #expect(rig.deeds() == ["dao stop", "dao signal 15"])
  }

  @Test("a stop command that fails is followed by SIGTERM at once")
  func failedCommand() throws {
    var rig = try rig(StopPolicy(isCommandEnough: true), [.stop])
    rig.failsHooks = ["dao stop"]
    rig.stop("dao")
    #expect(rig.deeds() == ["dao stop", "dao signal 15"])
  }

  @Test("a stop that skips the command sends SIGTERM")
  func watchdog() throws {
    var rig = try rig(StopPolicy(isCommandEnough: true), [.stop])
    rig.pass(.seconds(5))
    #expect(rig.deeds() == ["dao signal 15"])
  }
}
