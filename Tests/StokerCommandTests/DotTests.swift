// The graph for Graphviz.

import Orchestration
import Testing

@testable import StokerCommand

struct DotTests {
  @Test("an optional dependency is a dashed arrow, a layer a rank, and a name that is a keyword is harmless")
  func drawing() throws {
    let graph = try DependencyGraph([
      ServiceSpec(name: "dao"),
      ServiceSpec(name: "edge", dependencies: [Dependency(ServiceID(0), isOptional: true)]),
      ServiceSpec(name: "harvest", dependencies: [Dependency(ServiceID(1)), Dependency(ServiceID(0))]),
      ServiceSpec(name: "node"),
    ])
    #expect(
      graph.dot() == """
        digraph stoker {
          rankdir=BT;
          node [shape=box, style=rounded];
          { rank=same; "dao"; "node"; }
          { rank=same; "edge"; }
          { rank=same; "harvest"; }
          "edge" -> "dao" [style=dashed];
          "harvest" -> "edge";
          "harvest" -> "dao";
        }

        """)
  }
}
