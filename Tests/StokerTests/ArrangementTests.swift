// Services renumbered by another service file.

import Orchestration
import Testing

@testable import Stoker

@Suite struct ArrangementTests {
  private func service(_ name: String, after: [Int] = []) -> Service {
    let spec = ServiceSpec(name: name, dependencies: after.map { Dependency(ServiceID($0), condition: .started) })
    return Service(
      spec: spec, description: nil, type: name, version: nil, labels: [:], endpoints: [:], launch: .none, check: nil, historyLimit: 1,
      usage: UsageAccount())
  }

  @Test("those that leave stand behind those of the file, and what is kept of each goes with it")
  func order() throws {
    let old = [service("a"), service("b", after: [0]), service("c", after: [1, 0])]
    let arrangement = try Arrangement(
      [service("new"), service("b")], leaving: [2], old: old, lastRuns: ["new": 7, "b": 3], nil)
    #expect(arrangement.services.map(\.name) == ["new", "b", "c"])
    #expect(arrangement.reload.origins == [nil, ServiceID(1), ServiceID(2)])
    #expect(arrangement.reload.retiring == [ServiceID(2)])
    #expect(arrangement.reload.lastRuns == [ServiceID(0): 7], "only what comes back goes on from its last run")
    #expect(arrangement.arranged(["a", "b", "c"], fresh: "-") == ["-", "b", "c"])
    #expect((0..<3).map { arrangement.place(of: ServiceID($0)) } == [nil, ServiceID(1), ServiceID(2)])
    #expect(arrangement.services[2].spec.dependencies.map(\.service) == [ServiceID(1)], "what it needed and is gone is needed no more")
  }
}
