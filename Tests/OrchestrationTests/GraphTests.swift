// The graph: layers, orders, circles, the picture.

import Orchestration
import Testing

@Suite("Dependency graph")
struct GraphTests {
  /// Ten services of a FOG node.
  static func fog() throws -> DependencyGraph {
    let edges: [(String, [String], [String])] = [
      ("dao", [], []), ("scheduler", [], ["dao"]), ("edge", [], ["dao"]), ("harvest", ["edge"], []), ("fog_coordinator", [], ["edge"]),
      ("onion", ["fog_coordinator"], []), ("vpn_coordinator", ["onion", "fog_coordinator"], []), ("p2p", [], ["fog_coordinator"]),
      ("betanet", [], ["p2p", "onion"]), ("bitchat", [], ["p2p"]),
    ]
    let names = edges.map(\.0)
    func id(_ name: String) -> ServiceID { ServiceID(names.firstIndex(of: name) ?? -1) }
    return try DependencyGraph(
      edges.map { name, required, optional in
        // fog_coordinator and betanet have explicit layers in the picture.
        ServiceSpec(
          name: name,
          dependencies: required.map { Dependency(id($0)) }
            + (name == "fog_coordinator" ? [] : optional.map { Dependency(id($0), isOptional: true) }),
          layer: name == "fog_coordinator" ? 2 : name == "betanet" || name == "bitchat" ? 5 : nil)
      })
  }

  @Test("the picture has the expected form, letter for letter")
  func picture() throws {
    let expected = """
      Service Dependency Graph:
      ==================================================

      Layer 0 (Startup Priority):
        • dao

      Layer 1 (Startup Priority):
        • edge [optional: dao]
        • scheduler [optional: dao]

      Layer 2 (Startup Priority):
        • fog_coordinator
        • harvest <- edge

      Layer 3 (Startup Priority):
        • onion <- fog_coordinator
        • p2p [optional: fog_coordinator]

      Layer 4 (Startup Priority):
        • vpn_coordinator <- fog_coordinator, onion

      Layer 5 (Startup Priority):
        • betanet [optional: onion, p2p]
        • bitchat [optional: p2p]

      """
    #expect(try Self.fog().picture() == expected)
  }

  @Test("required and optional dependencies stand in one line")
  func bothKinds() throws {
    let graph = try DependencyGraph([
      .named("a"), .named("b"), .named("c", on: [0]).with { $0.dependencies.append(Dependency(ServiceID(1), isOptional: true)) },
    ])
    #expect(graph.picture().hasSuffix("  • c <- a [optional: b]\n"))
  }

  @Test("the start goes layer by layer in the file's order, the stop is its exact reverse")
  func orders() throws {
    let graph = try Self.fog()
    #expect(
      graph.startupOrder.map { graph[$0].name } == [
        "dao", "scheduler", "edge", "harvest", "fog_coordinator", "onion", "p2p", "vpn_coordinator", "betanet", "bitchat",
      ])
    #expect(graph.shutdownOrder == graph.startupOrder.reversed())
  }

  @Test("a circle is named in order; a service on itself, a name or an edge twice, and a stranger are refused")
  func errors() {
    #expect(throws: GraphError.cycle([ServiceID(1), ServiceID(2)])) {
      try DependencyGraph([.named("a"), .named("b", on: [0, 2]), .named("c", on: [1])])
    }
    #expect(throws: GraphError.selfDependency(ServiceID(0))) { try DependencyGraph([.named("a", on: [0])]) }
    #expect(throws: GraphError.duplicateName(ServiceID(0), ServiceID(1))) { try DependencyGraph([.named("a"), .named("a")]) }
    #expect(throws: GraphError.duplicateDependency(of: ServiceID(1), on: ServiceID(0))) {
      try DependencyGraph([.named("a"), .named("b", on: [0, 0])])
    }
    #expect(throws: GraphError.unknownDependency(of: ServiceID(0), on: ServiceID(7))) { try DependencyGraph([.named("a", on: [7])]) }
    let specs: [ServiceSpec] = [.named("a", on: [1]), .named("b", on: [0])]
    #expect(GraphError.cycle([ServiceID(0), ServiceID(1)]).text(in: specs) == "dependency cycle: 'a' -> 'b' -> 'a'")
  }

  @Test("a circle that only optional edges close is a circle")
  func optionalCircle() {
    #expect(throws: GraphError.self) {
      try DependencyGraph([.named("a").with { $0.dependencies = [Dependency(ServiceID(1), isOptional: true)] }, .named("b", on: [0])])
    }
  }

  @Test(
    "a mistyped name finds its neighbour, a strange one finds none",
    arguments: [("daoo", "dao"), ("onoin", "onion"), ("DAO", "dao"), ("zzzzz", nil)])
  func nearest(typed: String, meant: String?) throws {
    #expect(try Self.fog().nearest(to: typed) == meant)
  }
}
