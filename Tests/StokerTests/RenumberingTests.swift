// Services renumbered by another service file.

import Orchestration
import Testing

@testable import Stoker

@Suite struct RenumberingTests {
  private func service(_ name: String, after: [Int] = []) -> Service {
    let spec = ServiceSpec(name: name, dependencies: after.map { Dependency(ServiceID($0), condition: .started) })
    return Service(
      spec: spec, description: nil, type: name, version: nil, labels: [:], endpoints: [:], launch: .none, check: nil, historyLimit: 1,
      usage: UsageAccount())
  }

  @Test("removed services stand behind those of the file, and the values of each service move with it")
  func command() throws {
    let old = [service("a"), service("b", after: [0]), service("c", after: [1, 0])]
    let renumbering = try Renumbering(
      [service("new"), service("b")], leaving: [2], old: old, lastRuns: ["new": 7, "b": 3], nil)
    #expect(renumbering.services.map(\.name) == ["new", "b", "c"])
    #expect(renumbering.reload.origins == [nil, ServiceID(1), ServiceID(2)])
    #expect(renumbering.reload.retiring == [ServiceID(2)])
    #expect(renumbering.reload.lastRuns == [ServiceID(0): 7], "only what comes back goes on from its last run")
    #expect(renumbering.renumbered(["a", "b", "c"], fresh: "-") == ["-", "b", "c"])
    #expect((0..<3).map { renumbering.id(of: ServiceID($0)) } == [nil, ServiceID(1), ServiceID(2)])
    #expect(renumbering.services[2].spec.dependencies.map(\.service) == [ServiceID(1)], "what it needed and is gone is needed no more")
  }
}
