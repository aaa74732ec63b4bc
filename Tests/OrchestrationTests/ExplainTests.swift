// `why`: sentences, trees, root causes.

import Orchestration
import Testing

@Suite("Explanations")
struct ExplainTests {
  private func explain(_ rig: Rig, _ name: String) -> Explanation {
    rig.core.snapshot().explain(rig.id(name), at: rig.now)
  }

  @Test("a service that waits names the root cause, its age and a command to type")
  func failedDependency() throws {
    var rig = try Rig([ServiceSpec(name: "onion", check: CheckPolicy()), .named("betanet", on: [0], .healthy)])
    rig.diesAtOnce["onion"] = .code(1)
    rig.boot()
    rig.pass(.seconds(14 + 180))
    let why = explain(rig, "betanet")
    #expect(
      why.sentence
        == "betanet waits for onion to be healthy; onion failed 3 min ago: exited with code 1, and Stoker gave up after 3 restarts")
    #expect(why.rootCause == rig.id("onion"))
    #expect(why.advice == ["stoker logs onion", "stoker start onion"])
    #expect(why.children.map(\.service) == [rig.id("onion")])
    #expect(why.children.first?.lastExit == .code(1))
    #expect(why.children.first?.attempts == 3 && why.children.first?.limit == 3)
  }

  @Test("back-off names the time until the next attempt")
  func backoff() throws {
    var rig = try Rig([.named("dao")])
    rig.boot()
    rig.pass(.seconds(5))
    rig.exit("dao", .signal(9, coreDumped: false))
    rig.pass(.milliseconds(500))
    let why = explain(rig, "dao")
    #expect(why.sentence == "dao failed 0 s ago: killed by SIGKILL, restarts in 2 s (0 of 3 restarts used)")
    #expect(why.nextAttempt == moment(7))
    let delays: [(Duration, String)] = [
      (.milliseconds(1), "1 s"), (.milliseconds(116_500), "1 min 57 s"), (.seconds(120), "2 min"), (.seconds(7100), "1 h 58 min"),
      (.zero, "0 s"),
    ]
    for (delay, text) in delays { #expect(delay.span == text) }
  }

  @Test("every state has a sentence that begins with the name")
  func sentences() throws {
    var rig = try Rig([
      .named("a").with { $0.isEnabled = false }, ServiceSpec(name: "job", kind: .oneshot), ServiceSpec(name: "b", check: CheckPolicy()),
    ])
    rig.boot()
    rig.pass(.seconds(3))
    rig.exit("job", .code(0))
    rig.pass(.seconds(60))
    #expect(explain(rig, "a").sentence == "a is disabled and was not started")
    #expect(explain(rig, "job").sentence == "job completed 1 min ago: exited with code 0")
    #expect(explain(rig, "b").sentence == "b has been running for 1 min, without a check result yet")
    rig.deaf = ["b"]
    rig.stop("b")
    #expect(explain(rig, "b").sentence == "b has been stopping for 0 s: requested by the command line test")
  }

  @Test("note and explanation name one reason for which a service is down, its dependents too, and a stop that needed SIGKILL")
  func halts() throws {
    var rig = try Rig([
      .named("off").with { $0.isEnabled = false }, .named("web", on: [0]), .named("stubborn").with { $0.stop.timeout = .seconds(2) },
      .named("edge", on: [2]),
    ])
    rig.boot()
    func note(_ name: String) -> String {
      rig.core.snapshot().note(of: rig.id(name), RootCauses(of: rig.core.snapshot())) { _ in ServiceErrors() }
    }
    #expect(note("off") == "disabled" && note("web") == "waits for off, which is disabled")
    #expect(explain(rig, "web").sentence.hasSuffix("off is disabled and was not started"))
    rig.start("off")
    rig.stop("off", .force)
    rig.pass(.seconds(1))
    #expect(
      note("off") == "disabled, stopped by the command line test"
        && explain(rig, "off").sentence.hasPrefix("off is disabled, and has been stopped for "))
    rig.stop("edge")
    rig.pass(.seconds(1))
    #expect(note("edge") == "stopped by the command line test", "it ended by itself")
    rig.deaf = ["stubborn"]
    rig.stop("stubborn")
    rig.pass(.seconds(2))
    #expect(rig["stubborn"].status == .stopped && rig["stubborn"].cause == .killed)
    #expect(note("stubborn") == "stopped by the command line test, killed after 2 s")
    #expect(explain(rig, "stubborn").sentence == "stubborn has been stopped for 0 s: requested by the command line test, killed after 2 s")
  }

  @Test("a state that an earlier Stoker left is explained by its cause, which comes first")
  func remembered() throws {
    let rig = try Rig.booted(
      [.named("dao"), .named("job")], ["dao": memory(.failed(byLimit: true)) { $0.attempts = 3 }, "job": memory(.completed)])
    let snapshot = rig.core.snapshot()
    func clause(_ index: Int, _ errors: ServiceErrors) -> String { snapshot.clause(ServiceID(index), at: rig.now, errors) }
    let known = ServiceErrors(lastError: "exited with code 1: \"no route\"", remembered: "exited with code 1")
    #expect(clause(0, known) == "dao failed 0 s ago: exited with code 1, and Stoker gave up after 3 restarts: \"no route\"")
    #expect(clause(1, ServiceErrors(remembered: "exited with code 0")) == "job completed 0 s ago: exited with code 0")
    #expect(clause(1, ServiceErrors()).hasSuffix("as an earlier Stoker left it"))
  }

  @Test("the root of a chain of 10,000 is found, and the tree stays small")
  func longChain() throws {
    var rig = try Rig((0..<10_000).map { .named("s\($0)", on: $0 == 0 ? [] : [$0 - 1]) })
    rig.holdsSpawns = ["s0"]
    rig.boot()
    let why = explain(rig, "s9999")
    #expect(why.rootCause == rig.id("s0"))
    var depth = 0
    var node = why
    while let child = node.children.first {
      depth += 1
      node = child
    }
    #expect(depth == 31)
  }

  /// One service is slow, another has failed; their order in the file must not matter.
  private func twoReasons(slowFirst: Bool) throws -> Rig {
    let slow = ServiceSpec(name: "slow", start: StartPolicy(isNotified: true, timeout: .seconds(600)))
    let broken = ServiceSpec.named("broken").with { $0.restart = RestartPolicy(rule: .onFailure, maxAttempts: 0) }
    let specs = slowFirst ? [slow, broken] : [broken, slow]
    var rig = try Rig(specs + [.named("app", on: [0, 1], .ready), .named("front", on: [2], .ready)])
    rig.diesAtOnce["broken"] = .code(3)
    rig.boot()
    return rig
  }

  @Test("the failed dependency is the root, and not the slow one that is first in the file", arguments: [true, false])
  func rootIsWhatFailed(slowFirst: Bool) throws {
    let rig = try twoReasons(slowFirst: slowFirst)
    let snapshot = rig.core.snapshot()
    let causes = RootCauses(of: snapshot)
    for name in ["app", "front"] {
      #expect(causes[rig.id(name)] == rig.id("broken"))
      #expect(explain(rig, name).rootCause == rig.id("broken"))
    }
    #expect(causes.lead(of: rig.id("front")) == rig.id("app"))
    #expect(causes.lead(of: rig.id("slow")) == nil && causes[rig.id("slow")] == rig.id("slow"))
    #expect(causes.awaited == [rig.id("broken")])
    func note(_ name: String) -> String {
      snapshot.note(of: rig.id(name), causes) { _ in ServiceErrors() }
    }
    #expect(note("app") == "waits for broken, which failed: exited with code 3")
    #expect(note("front") == "waits for app, because broken failed: exited with code 3")
    #expect(note("broken") == "gave up: exited with code 3")
    #expect(note("slow") == "")
  }

  @Test("a sentence ends with the error that is known, unless it has named that already")
  func errors() throws {
    var rig = try Rig([
      ServiceSpec(name: "db", check: CheckPolicy(startInterval: .seconds(1), autoRecovery: false)), .named("web", on: [0], .healthy),
    ])
    rig.boot()
    rig.exit("db", .code(1))
    func sentence(_ name: String, _ errors: ServiceErrors) -> String {
      let db = rig.id("db")
      return rig.core.snapshot().explain(rig.id(name), at: rig.now) { $0 == db ? errors : ServiceErrors() }.sentence
    }
    let end = "db failed 0 s ago: exited with code 1, restarts in 2 s (0 of 3 restarts used)"
    #expect(sentence("db", ServiceErrors(lastError: "exited with code 1")) == end)
    #expect(sentence("db", ServiceErrors(lastError: "exited with code 1: \"no disk\"")) == "\(end): \"no disk\"")
    #expect(
      sentence("web", ServiceErrors(lastError: "post-stop hook: boom")) == "web waits for db to be healthy; \(end): post-stop hook: boom")
    #expect(sentence("db", ServiceErrors(failedCheck: "an old one")) == end)
    rig.passes["db"] = false
    rig.pass(.seconds(300))
    #expect(sentence("db", ServiceErrors(failedCheck: "status 500")).hasSuffix("checks failed: status 500"))
    rig.stop("db")
    rig.pass(.seconds(1))
    #expect(sentence("db", ServiceErrors(lastError: "old")) == "db has been stopped for 1 s: requested by the command line test")
  }

  @Test("a stopped service says who asked for it, disabled or not, or what took it down, not who had started it")
  func notesOfTheStopped() throws {
    var rig = try Rig([
      .named("a"), .named("spare").with { $0.isEnabled = false },
      ServiceSpec(name: "tail", dependencies: [Dependency(ServiceID(0), condition: .started, onRestart: .stop)]),
    ])
    rig.boot()
    func note(_ name: String) -> String {
      let snapshot = rig.core.snapshot()
      return snapshot.note(of: rig.id(name), nil) { _ in ServiceErrors() }
    }
    #expect(note("spare") == "disabled")
    rig.start("spare")
    rig.stop("spare")
    #expect(note("spare") == "disabled, stopped by the command line test")
    #expect(explain(rig, "spare").sentence == "spare is disabled, and has been stopped for 0 s: requested by the command line test")
    rig.stop("tail")
    #expect(note("tail") == "stopped by the command line test")
    rig.start("tail")
    rig.restart("a")
    #expect(rig["tail"].status == .stopped && note("tail") == "stopped because of a")
    rig.start("tail")
    rig.stop("a", .cascade)
    #expect(note("tail") == "stopped by the command line test for a" && note("a") == "stopped by the command line test")
  }

  @Test("a service that is ending or starting again while it is unwell says why")
  func notesOnTheWay() throws {
    var rig = try Rig([ServiceSpec(name: "db", check: CheckPolicy(startInterval: .seconds(1)))])
    rig.passes["db"] = false
    rig.deaf = ["db"]
    rig.immortal = ["db"]
    rig.boot()
    func note(_ errors: ServiceErrors) -> String { rig.core.snapshot().note(of: rig.id("db"), nil) { _ in errors } }
    while rig["db"].status != .stopping { rig.pass(.seconds(1)) }
    #expect(note(ServiceErrors()) == "too many checks failed")
    #expect(note(ServiceErrors(lastError: "unhealthy: status 500")) == "unhealthy: status 500")
    rig.pass(.seconds(40))
    #expect(note(ServiceErrors(lastError: "unhealthy: status 500")) == "survived SIGKILL: a process of its run 1 still exists")
    rig.holdsSpawns = ["db"]
    rig.exit("db")
    rig.pass(.seconds(5))
    let errors = ServiceErrors(lastError: "unhealthy: status 500", lastFailure: "unhealthy: status 500")
    #expect(rig["db"].status == .starting && note(errors) == "unhealthy: status 500")
  }

  @Test("a service whose processes cannot be looked at says so")
  func unsettled() throws {
    var rig = try Rig([.named("a")])
    rig.boot()
    rig.deaf = ["a"]
    rig.stop("a")
    let (snapshot, id) = (rig.core.snapshot(), rig.id("a"))
    let errors = ServiceErrors(unsettled: "Too many open files (EMFILE)")
    let words = "its processes cannot be looked at: Too many open files (EMFILE)"
    #expect(snapshot.note(of: id, nil) { _ in errors } == words)
    #expect(snapshot.explain(id, at: rig.now) { _ in errors }.sentence.hasSuffix(", and \(words)"))
  }

  @Test("a note has the world's words where there are some")
  func notesInTheWorldsWords() throws {
    var rig = try Rig([
      ServiceSpec(name: "db", check: CheckPolicy(startInterval: .seconds(1), autoRecovery: false)), .named("web", on: [0], .healthy),
      .named("spare").with { $0.isEnabled = false },
    ])
    rig.passes["db"] = false
    rig.boot()
    func notes(_ errors: ServiceErrors) -> [String] {
      let snapshot = rig.core.snapshot()
      return snapshot.services.map { snapshot.note(of: $0.id, RootCauses(of: snapshot)) { _ in errors } }
    }
    #expect(notes(ServiceErrors()) == ["", "waits for db, which has no check result yet", "disabled"])
    rig.pass(.seconds(300))
    #expect(rig["db"].health == .unhealthy)
    let refused = "connection refused"
    #expect(notes(ServiceErrors(failedCheck: refused)) == [refused, "waits for db, which is unhealthy: \(refused)", "disabled"])
    rig.exit("db")
    #expect(
      notes(ServiceErrors(lastError: "exited with code 9"))[..<2] == [
        "exited with code 9", "waits for db, which is in back-off: exited with code 9",
      ])
  }

  @Test("an external service whose check fails is named with the check's message, and one that was unhealthy before has to recover first")
  func notesOfTheUnwell() throws {
    var rig = try Rig([
      ServiceSpec(name: "remote", kind: .external, check: CheckPolicy(failureThreshold: 1)), .named("web", on: [0]),
      ServiceSpec(name: "sick", check: CheckPolicy(failureThreshold: 1, recoveryThreshold: 3)), .named("edge", on: [2], .healthy),
    ])
    rig.passes = ["remote": false, "sick": false]
    rig.boot()
    func note(_ name: String, _ complaint: String?) -> String {
      let snapshot = rig.core.snapshot()
      return snapshot.note(of: rig.id(name), RootCauses(of: snapshot)) { _ in ServiceErrors(lastError: "old", failedCheck: complaint) }
    }
    rig.pass(.seconds(60))
    #expect(rig["remote"].status == .starting && rig["remote"].health == .unhealthy)
    #expect(note("remote", "refused") == "refused" && note("web", "refused") == "waits for remote, which is starting: refused")
    rig.passes["sick"] = true
    rig.pass(.seconds(60))
    while rig["sick"].consecutiveSuccesses != 1 { rig.exit("sick"); rig.pass(.seconds(9)) }
    let proving = "it has not recovered from an earlier failure yet"
    #expect(rig["sick"].health == .unhealthy && note("sick", nil).hasPrefix("\(proving); restarted "))
    #expect(explain(rig, "sick").sentence.hasPrefix("sick is running and unhealthy: \(proving); it was restarted "))
  }

  @Test("a service that falls again and again says so between its falls, until its restarts count no more")
  func restartedInARow() throws {
    var rig = try Rig([
      ServiceSpec(name: "loop", check: CheckPolicy(startInterval: .seconds(1)), restart: RestartPolicy(maxAttempts: nil)), .named("bare"),
    ])
    rig.passes["loop"] = true
    rig.boot()
    func note(_ name: String, last: String? = nil) -> String {
      rig.core.snapshot().note(of: rig.id(name), nil) { _ in ServiceErrors(lastFailure: last) }
    }
    rig.pass(.seconds(5))
    #expect(note("loop") == "" && note("bare") == "")
    rig.exit("bare", .code(3))
    for _ in 0..<3 {
      rig.exit("loop", .code(1))
      rig.pass(.seconds(60))
    }
    #expect(rig["bare"].attempts == 1 && note("bare") == "", "one restart that helped is no loop")
    rig.exit("bare", .code(3))
    rig.pass(.seconds(60))
    let last = "exited with code 1: \"out of memory\""
    #expect(rig["loop"].health == .healthy && note("loop", last: last) == "restarted 3 times in a row, last: \(last)")
    #expect(note("loop") == "restarted 3 times in a row" && note("bare", last: last) == "restarted 2 times in a row, last: \(last)")
    let why = rig.core.snapshot().explain(rig.id("loop"), at: rig.now) { _ in ServiceErrors(lastFailure: last) }.sentence
    #expect(why.hasPrefix("loop has been running for ") && why.hasSuffix("healthy, but it was restarted 3 times in a row, last: \(last)"))
    #expect(explain(rig, "bare").sentence.hasSuffix(", without a check; it was restarted 2 times in a row"))
    rig.pass(.seconds(600))
    #expect(note("loop", last: last) == "" && note("bare") == "")
  }

  @Test("attempts from before a reload that lowered the limit are shown without the limit")
  func loweredLimit() throws {
    func spec(_ limit: Int?) -> [ServiceSpec] { [.named("crash").with { $0.restart = RestartPolicy(maxAttempts: limit) }] }
    var rig = try Rig(spec(nil))
    rig.diesAtOnce["crash"] = .code(1)
    rig.boot()
    rig.pass(.seconds(100))
    let attempts = rig["crash"].attempts
    #expect(attempts > 3)
    try rig.reload(spec(2))
    #expect(explain(rig, "crash").sentence.hasSuffix("(\(attempts) restarts used)"))
    rig.pass(.seconds(1000))
    #expect(rig["crash"].status == .failed)
    #expect(explain(rig, "crash").sentence.hasSuffix(", and Stoker gave up after \(rig["crash"].attempts) restarts"))
  }

  @Test("a start is over when everything is up, or waits for a service that does not come up soon by itself")
  func startIsOver() throws {
    var rig = try Rig([ServiceSpec(name: "db", check: CheckPolicy(startInterval: .seconds(1))), .named("web", on: [0], .healthy)])
    func isOver() -> Bool {
      let snapshot = rig.core.snapshot()
      return snapshot.isStartOver(RootCauses(of: snapshot))
    }
    #expect(!isOver())
    rig.boot()
    #expect(!isOver(), "the checks of db have not said yet whether web may start")
    rig.passes["db"] = true
    rig.pass(.seconds(10))
    #expect(rig["web"].status == .running && isOver())
    #expect(!(try twoReasons(slowFirst: true).core.snapshot().node.isInitialized))
  }

  @Test("a start is over too when the awaited service is unhealthy or has failed, and not while it starts", arguments: [true, false])
  func startIsOverWithoutAll(fails: Bool) throws {
    var rig = try Rig([
      ServiceSpec(
        name: "db", check: CheckPolicy(startInterval: .seconds(1), autoRecovery: false),
        restart: RestartPolicy(rule: fails ? .never : .onFailure)),
      .named("web", on: [0], .healthy), .named("front", on: [1]),
    ])
    func isOver() -> Bool {
      let snapshot = rig.core.snapshot()
      return snapshot.isStartOver(RootCauses(of: snapshot))
    }
    rig.holdsSpawns = ["db"]
    rig.passes["db"] = false
    rig.boot()
    #expect(rig["db"].status == .starting && !isOver())
    rig.spawned("db")
    rig.pass(.seconds(300))
    #expect(rig["db"].health == .unhealthy && isOver())
    guard fails else { return }
    rig.exit("db", .code(3))
    #expect(rig["db"].status == .failed && isOver())
  }

  @Test("causes read as a person would say them")
  func causes() throws {
    let graph = try DependencyGraph([.named("dao")])
    #expect(Cause.requested(.api(peer: "127.0.0.1:4711")).text(in: graph) == "requested by api 127.0.0.1:4711")
    #expect(Cause.exited(.signal(11, coreDumped: true)).text(in: graph) == "killed by SIGSEGV (core dumped)")
    #expect(Cause.exited(.code(3)).text(in: graph) == "exited with code 3")
    #expect(Cause.dependency(ServiceID(0)).text(in: graph) == "because of dao")
    #expect(Exit.signalName(31) == "SIGSYS")
    #expect(Exit.signalName(40) == "SIG40")
  }
}
