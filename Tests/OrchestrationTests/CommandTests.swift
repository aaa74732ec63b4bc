// Rules 18 to 21: start, stop, restart; the last command wins.

import Orchestration
import Testing

@Suite("Commands")
struct CommandTests {
  enum Word: String, CaseIterable, Sendable { case start, stop, restart, forcedStop }

  private func say(_ word: Word, _ rig: inout Rig) {
    switch word {
    case .start: rig.start("edge", force: true)
    case .stop: rig.stop("edge")
    case .restart: rig.restart("edge", force: true)
    case .forcedStop: rig.stop("edge", .force)
    }
  }

  @Test("any three commands while waiting, starting, in back-off, stopping or running have exactly the result of the last one")
  func lastCommandWins() throws {
    for state in ["waiting", "starting", "backoff", "stopping", "running"] {
      for first in Word.allCases {
        for second in Word.allCases {
          for third in Word.allCases {
            let rig = try history(state, [first, second, third])
            let wanted = third == .start || third == .restart
            let words = "\(state): \(first.rawValue), \(second.rawValue), \(third.rawValue)"
            #expect(rig["edge"].status == (wanted ? .running : .stopped), "\(words)")
            #expect(rig["edge"].isDesiredUp == wanted, "\(words)")
            let live = rig.count { if case .spawn(rig.id("edge"), _) = $0 { true } else { false } }
            let ended = rig["edge"].exits.total
            #expect(UInt64(live) - ended == (wanted ? 1 : 0), "\(words)")
          }
        }
      }
    }
  }

  private func history(_ state: String, _ words: [Word]) throws -> Rig {
    var rig = try Rig([.named("dao"), .named("edge", on: [0])])
    rig.holdsSpawns = ["edge"]
    rig.deaf = ["edge"]
    if state == "waiting" { rig.holdsSpawns.insert("dao") }
    rig.boot()
    switch state {
    case "backoff":
      rig.spawned("edge")
      rig.exit("edge")
    case "stopping":
      rig.spawned("edge")
      rig.restart("edge")
    case "running":
      rig.spawned("edge")
    default:
      break
    }
    #expect(rig["edge"].status.rawValue == state)
    for word in words { say(word, &rig) }
    // Now the answers that were held back come: the dependency, spawns, and the ends of stopped runs.
    if rig["dao"].status == .starting { rig.spawned("dao") }
    rig.deaf = []
    var pending = rig["edge"]
    for _ in 0..<4 {
      switch pending.status {
      case .starting: rig.spawned("edge")
      case .stopping:
        if pending.isAlive { rig.exit("edge", .code(0)) } else { rig.spawned("edge") }
      case .stopped, .waiting, .running, .backoff, .completed, .failed: break
      }
      pending = rig["edge"]
    }
    return rig
  }

  @Test("fifty parallel restarts are one restart")
  func fiftyRestarts() throws {
    var rig = try Rig([.named("dao")])
    rig.deaf = ["dao"]
    rig.boot()
    for _ in 0..<50 { #expect(rig.restart("dao") == accepted) }
    rig.exit("dao", .code(0))
    for _ in 0..<50 { #expect(rig.start("dao") == accepted) }
    #expect(rig.spawns(of: "dao").count == 2)
    #expect(rig["dao"].restarts[.manual] == 1)
    #expect(rig["dao"].status == .running)
  }

  @Test("start pulls in stopped required dependencies, disabled ones too, and names them")
  func pullsIn() throws {
    var rig = try Rig([
      .named("a").with { $0.isEnabled = false }, .named("b", on: [0]), .named("c", on: [1]),
    ])
    rig.boot()
    #expect(rig.statuses == ["stopped", "waiting", "waiting"])
    #expect(rig.start("c") == .accepted(alsoStarted: [rig.id("a")], alsoStopped: []))
    #expect(rig.statuses == ["running", "running", "running"])
  }

  @Test("at boot nothing disabled is pulled in")
  func bootPullsNothing() throws {
    var rig = try Rig([.named("a").with { $0.isEnabled = false }, .named("b", on: [0])])
    rig.boot()
    rig.pass(.seconds(3600))
    #expect(rig.statuses == ["stopped", "waiting"])
    #expect(rig["b"].blockers == [Blocker(rig.id("a"), .required(.started))])
    #expect(rig.core.node.isInitialized)
  }

  @Test("start of a service whose dependency failed is refused and names it; force does not lift that")
  func dependencyFailed() throws {
    var rig = try Rig([.named("a").with { $0.restart.maxAttempts = 0 }, .named("b", on: [0])])
    rig.diesAtOnce["a"] = .code(1)
    rig.boot()
    rig.stop("b")
    #expect(rig.start("b", force: true) == .refused(.dependencyFailed([rig.id("a")])))
    #expect(rig["b"].status == .stopped)
  }

  @Test("start during back-off spawns now, and the delay's end starts nothing more")
  func startInBackoff() throws {
    var rig = try Rig([.named("dao")])
    rig.boot()
    rig.exit("dao")
    rig.pass(.seconds(1))
    rig.start("dao")
    #expect(rig["dao"].attempts == 0)
    rig.pass(.seconds(10))
    #expect(rig.spawns(of: "dao") == [moment(0), moment(1)])
  }

  @Test("stop during back-off: no later start, no next attempt")
  func stopInBackoff() throws {
    var rig = try Rig([.named("dao")])
    rig.boot()
    rig.exit("dao")
    rig.stop("dao")
    #expect(rig["dao"].nextAttempt == nil)
    rig.pass(.seconds(3600))
    #expect(rig["dao"].status == .stopped)
    #expect(rig.spawns(of: "dao").count == 1)
  }

  @Test("stop with live dependents is refused and names them; those that merely wait do not refuse it")
  func requiredBy() throws {
    var rig = try Rig([.named("a"), .named("b", on: [0]), .named("c", on: [0])])
    rig.boot()
    rig.exit("c")
    #expect(rig.stop("a") == .refused(.requiredBy([rig.id("b")])))
    rig.stop("b")
    #expect(rig.stop("a") == accepted)
    rig.pass(.seconds(60))
    #expect(rig.statuses == ["stopped", "stopped", "waiting"])
  }

  @Test("a forced stop stops only the named one")
  func forcedStop() throws {
    var rig = try Rig([.named("a"), .named("b", on: [0])])
    rig.boot()
    #expect(rig.stop("a", .force) == accepted)
    #expect(rig.statuses == ["stopped", "running"])
    #expect(rig.signals == ["a"])
  }

  @Test("a cascading stop stops the dependents first, and they are not wanted afterwards")
  func cascade() throws {
    var rig = try Rig([.named("a"), .named("b", on: [0]), .named("c", on: [1])])
    rig.deaf = ["c"]
    rig.boot()
    #expect(rig.stop("a", .cascade) == .accepted(alsoStarted: [], alsoStopped: [rig.id("c"), rig.id("b")]))
    #expect(rig.statuses == ["running", "running", "stopping"])
    #expect(rig["a"].isStopDue)
    rig.pass(.seconds(30))
    #expect(rig.statuses == ["stopped", "stopped", "stopped"])
    #expect(rig.signals == ["c", "b", "a"])
    #expect(["a", "b", "c"].allSatisfy { !rig[$0].isDesiredUp })
  }

  @Test("a cascading stop of what is stopped stops the dependents that run without it")
  func lateCascade() throws {
    var rig = try Rig([.named("a"), .named("b", on: [0])])
    rig.boot()
    rig.stop("a", .force)
    #expect(rig.statuses == ["stopped", "running"])
    #expect(rig.stop("a", .cascade) == .accepted(alsoStarted: [], alsoStopped: [rig.id("b")]))
    #expect(rig.statuses == ["stopped", "stopped"])
  }

  @Test("a start during a cascading stop keeps the services that have not gone down yet")
  func startInCascade() throws {
    var rig = try Rig([.named("a"), .named("b", on: [0])])
    rig.deaf = ["b"]
    rig.boot()
    rig.stop("a", .cascade)
    #expect(rig.start("a") == accepted)
    rig.pass(.seconds(30))
    #expect(rig.statuses == ["running", "stopped"])
    #expect(rig.spawns(of: "a").count == 1)
    #expect(rig["a"].health == .healthy)
  }

  @Test("restart with an unmet dependency is refused before anything is stopped")
  func dependencyUnmet() throws {
    var rig = try Rig([.named("a"), .named("b", on: [0])])
    rig.boot()
    rig.stop("a", .force)
    #expect(rig.restart("b") == .refused(.dependencyUnmet([rig.id("a")])))
    #expect(rig.statuses == ["stopped", "running"])
  }

  @Test("restart of a stopped service is a start and no restart")
  func restartOfStopped() throws {
    var rig = try Rig([.named("dao")])
    rig.boot()
    rig.stop("dao")
    #expect(rig.restart("dao") == accepted)
    #expect(rig["dao"].status == .running)
    #expect(rig["dao"].restarts.total == 0)
  }

  @Test("a manual restart counts as manual, uses no attempt and sets the attempts to 0")
  func manualRestart() throws {
    var rig = try Rig([.named("dao")])
    rig.boot()
    rig.exit("dao")
    rig.pass(.seconds(5))
    #expect(rig["dao"].attempts == 1)
    rig.restart("dao")
    #expect(rig["dao"].attempts == 0)
    #expect(rig["dao"].restarts[.manual] == 1)
    #expect(rig["dao"].lastRestartReason == .manual)
    #expect(rig["dao"].exits[.success] == 1)
  }

  @Test("every change names its origin")
  func cause() throws {
    var rig = try Rig([.named("dao")])
    rig.boot()
    rig.restart("dao")
    #expect(rig["dao"].desiredBy == .commandLine(peer: "test"))
    let stopping = rig.log.contains { entry in
      guard case .changed(let change) = entry.action, case .status(_, _, .stopping, _) = change.what else { return false }
      return change.cause == .requested(.commandLine(peer: "test"))
    }
    #expect(stopping)
  }
}
