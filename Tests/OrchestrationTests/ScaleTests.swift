// Ten thousand services: no quadratic work, no recursion.

import Orchestration
import Testing

@Suite("Scale")
struct ScaleTests {
  @Test("a chain of 10,000 starts, falls and stops without recursion and in linear work")
  func chain() throws {
    let count = 10_000
    var rig = try Rig((0..<count).map { .named("s\($0)", on: $0 == 0 ? [] : [$0 - 1]) })
    let clock = SuspendingClock()
    let began = clock.now
    rig.boot()
    #expect(rig.core.node.isInitialized)
    #expect(rig["s9999"].status == .running)
    rig.command(.shutdown)
    #expect(rig.report == StopReport(killed: [], leftOver: []))
    #expect(rig.signals.first == "s9999" && rig.signals.last == "s0")
    // Linear work takes a second or two even in debug on a loaded machine; quadratic work takes minutes.
    #expect(clock.now - began < .seconds(60))
    #expect(rig.graph.longestStopChain.duration == .seconds(35 * count))
  }

  @Test("a star of 5,000 around one service, and one that requires a thousand of them")
  func star() throws {
    let count = 5_000
    var specs: [ServiceSpec] = [.named("hub")]
    specs += (1..<count).map { .named("s\($0)", on: [0]) }
    specs.append(.named("many", on: Array(1...1000)))
    var rig = try Rig(specs)
    rig.boot()
    #expect(rig.core.node.isInitialized && rig.core.node.isReady)
    rig.exit("hub")
    rig.pass(.seconds(2))
    #expect(rig["hub"].status == .running)
    rig.command(.shutdown)
    #expect(rig.signals.last == "hub")
    #expect(rig.report != nil)
  }

  @Test("a circle of 10,000 is found")
  func circle() {
    let count = 10_000
    #expect(throws: GraphError.self) {
      try DependencyGraph((0..<count).map { .named("s\($0)", on: [($0 + 1) % count]) })
    }
  }

  @Test("a hundred layers of a hundred services open one after the other")
  func layers() throws {
    var rig = try Rig((0..<10_000).map { index in .named("s\(index)").with { $0.layer = index % 100 } })
    rig.boot()
    #expect(rig.core.node.isInitialized)
    rig.command(.shutdown)
    #expect(rig.report != nil)
  }

  @Test("the core asks to be woken for the earliest deadline only, and for none when there is none")
  func deadlines() throws {
    var rig = try Rig([.named("a"), .named("b").with { $0.restart.backoff.base = .seconds(1) }])
    #expect(rig.core.nextDeadline == nil)
    rig.boot()
    #expect(rig.core.nextDeadline == nil)
    rig.exit("a")
    rig.exit("b")
    #expect(rig.core.nextDeadline == moment(1))
    rig.stop("b")
    #expect(rig.core.nextDeadline == moment(2))
    rig.stop("a")
    #expect(rig.core.nextDeadline == nil)
  }
}
