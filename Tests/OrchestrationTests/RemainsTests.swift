// Programs that go into the background: the main process ends by itself and leaves others running (rule 13).

import Testing

@testable import Orchestration

@Suite("Processes that a main process left running")
struct RemainsTests {
  private static let daemon = Remains(count: 2, isBackground: true)
  private static let words = "exited with code 0 instead of staying in the foreground, and left 2 processes running, which Stoker ends"

  /// A rig with this service, whose processes end when a test says so.
  private func rig(_ spec: ServiceSpec) throws -> Rig {
    var rig = try Rig([spec])
    rig.deaf = ["dao"]
    rig.immortal = ["dao"]
    rig.boot()
    return rig
  }

  /// A rig whose service ended by itself and left processes, which have ended since.
  private func ended(_ spec: ServiceSpec, _ exit: Exit, others: Int, isKilled: Bool = false) throws -> Rig {
    var rig = try rig(spec)
    rig.exit("dao", exit, isEmpty: false, others: others)
    #expect(rig["dao"].status == .stopping)
    if isKilled { rig.pass(spec.stop.timeout) }
    rig.feed(.emptied(rig.id("dao"), run: 1))
    return rig
  }

  private func sentence(_ rig: Rig) -> String { rig.core.snapshot().explain(rig.id("dao"), at: rig.now).sentence }

  @Test("a clean exit that leaves processes is told as that of a program in the background, also while they end", arguments: [false, true])
  func background(isKilled: Bool) throws {
    let rig = try ended(.named("dao"), .code(0), others: 2, isKilled: isKilled)
    #expect(rig["dao"].status == .backoff)
    #expect(rig["dao"].cause == .exited(.code(0), leaving: Self.daemon))
    #expect(sentence(rig).contains(Self.words) && sentence(rig).hasSuffix("; \(Self.daemon.remedy)"))
    #expect(rig.core.snapshot().note(of: rig.id("dao"), nil) { _ in ServiceErrors() } == Self.words)
  }

  @Test("a service that gives up names it, and so does the restart before that")
  func gaveUp() throws {
    var rig = try rig(.named("dao").with { $0.restart.maxAttempts = 1 })
    for run in UInt64(1)...2 {
      rig.exit("dao", .code(0), isEmpty: false, others: 2)
      rig.feed(.emptied(rig.id("dao"), run: run))
      rig.pass(.seconds(5))
    }
    #expect(rig["dao"].status == .failed && rig["dao"].isLimitReached)
    #expect(sentence(rig).contains("\(Self.words), and Stoker gave up after 1 restart; \(Self.daemon.remedy)"))
  }

  @Test("a service that completes says so too, in its note")
  func completed() throws {
    let rig = try ended(.named("dao").with { $0.restart.rule = .onFailure }, .code(0), others: 2)
    #expect(rig["dao"].status == .completed)
    #expect(rig.core.snapshot().note(of: rig.id("dao"), nil) { _ in ServiceErrors() } == Self.words)
    #expect(sentence(rig).hasSuffix(Self.daemon.remedy))
  }

  @Test(
    "a crash and a oneshot leave processes behind, and are told nothing about the foreground",
    arguments: [ServiceSpec.Kind.process, .oneshot])
  func crash(kind: ServiceSpec.Kind) throws {
    let exit = kind == .process ? Exit.code(1) : .code(0)
    var spec = ServiceSpec.named("dao").with { $0.restart.rule = .onFailure }
    spec.kind = kind
    let rig = try ended(spec, exit, others: 1)
    #expect(rig["dao"].cause == .exited(exit, leaving: Remains(count: 1, isBackground: false)))
    #expect(sentence(rig).contains("\(exit.text) and left 1 process running, which Stoker ends"))
    #expect(!sentence(rig).contains("foreground"))
  }

  @Test("a start that was not ready is explained by the background, and counts as a failed start")
  func unready() throws {
    var rig = try rig(
      .named("dao").with {
        $0.start.isNotified = true
        $0.restart.rule = .onFailure
      })
    rig.exit("dao", .code(0), isEmpty: false, others: 2)
    rig.feed(.emptied(rig.id("dao"), run: 1))
    #expect(rig["dao"].cause == .exited(.code(0), leaving: Self.daemon))
    #expect(rig["dao"].startFailures[.ready] == 1)
  }

  @Test("an end that was asked for leaves nothing behind, nor does lack of memory, or an end of which nobody knows what is left")
  func nothing() throws {
    var rig = try rig(.named("dao"))
    rig.feed(.exited(rig.id("dao"), run: 1, .outOfMemory, isEmpty: false, others: 3))
    #expect(rig["dao"].cause == .exited(.outOfMemory))
    let unknown = try ended(.named("dao"), .code(0), others: 0)
    #expect(unknown["dao"].cause == .exited(.code(0)))
    #expect(Remains(2, after: .outOfMemory, of: .process) == nil && Remains(0, after: .code(0), of: .process) == nil)
  }

  @Test("the oldest of them is named, and a program that is known with its option")
  func named() throws {
    var rig = try rig(.named("dao"))
    rig.exit("dao", .code(0), isEmpty: false, others: 5, named: "nginx")
    rig.feed(.emptied(rig.id("dao"), run: 1))
    #expect(sentence(rig).contains("and left 5 processes running (the first is nginx), which Stoker ends"))
    #expect(
      sentence(rig).hasSuffix(
        #"; nginx stays in the foreground as `nginx -g "daemon off;"`; one that cannot is 'kind: forking' with its 'pid_file'"#))
    #expect(Remains(count: 1, name: "own", isBackground: false).text == " and left 1 process running (own), which Stoker ends")
  }

  @Test("a forking service that leaves processes has not gone into the background by mistake")
  func forking() throws {
    var rig = try rig(.named("dao").with { $0.kind = .forking })
    rig.exit("dao", .code(0), isEmpty: false, others: 2)
    #expect(rig["dao"].cause == .exited(.code(0), leaving: Remains(count: 2, isBackground: false)))
  }
}
