// `why`: sentences, trees, root causes.

import Orchestration
import Testing

@Suite("Explanations")
struct ExplainTests {
  private func explain(_ rig: Rig, _ name: String) -> Explanation {
    rig.core.snapshot().explain(rig.id(name), at: rig.now)
  }

  @Test("whoever waits names the root cause, its age and what to type")
  func failedDependency() throws {
    var rig = try Rig([ServiceSpec(name: "onion", check: CheckPolicy()), .named("betanet", on: [0], .healthy)])
    rig.diesAtOnce["onion"] = .code(1)
    rig.boot()
    rig.pass(.seconds(14 + 180))
    let why = explain(rig, "betanet")
    #expect(
      why.sentence == "betanet waits for onion to be healthy; onion failed 3 min ago: exited with code 1, 3 of 3 restarts used")
    #expect(why.rootCause == rig.id("onion"))
    #expect(why.advice == ["stoker logs onion", "stoker restart --force onion"])
    #expect(why.children.map(\.service) == [rig.id("onion")])
    #expect(why.children.first?.lastExit == .code(1))
    #expect(why.children.first?.attempts == 3 && why.children.first?.limit == 3)
  }

  @Test("back-off says when the next attempt is due")
  func backoff() throws {
    var rig = try Rig([.named("dao")])
    rig.boot()
    rig.pass(.seconds(5))
    rig.exit("dao", .signal(9, coreDumped: false))
    rig.pass(.milliseconds(500))
    let why = explain(rig, "dao")
    #expect(why.sentence == "dao failed 0 s ago: killed by SIGKILL, restart 1 of 3 in 2 s")
    #expect(why.nextAttempt == moment(7))
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
    #expect(explain(rig, "b").sentence == "b is running since 1 min, without a result of a check yet")
    rig.deaf = ["b"]
    rig.stop("b")
    #expect(explain(rig, "b").sentence == "b is stopping since 0 s: asked for by the command line test")
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

  @Test("causes read as a person would say them")
  func causes() throws {
    let graph = try DependencyGraph([.named("dao")])
    #expect(Cause.requested(.api(peer: "127.0.0.1:4711")).text(in: graph) == "asked for by api 127.0.0.1:4711")
    #expect(Cause.exited(.signal(11, coreDumped: true)).text(in: graph) == "killed by SIGSEGV (core dumped)")
    #expect(Cause.exited(.code(3)).text(in: graph) == "exited with code 3")
    #expect(Cause.dependency(ServiceID(0)).text(in: graph) == "because of dao")
    #expect(Exit.signalName(31) == "SIGSYS")
    #expect(Exit.signalName(40) == "SIG40")
  }
}
