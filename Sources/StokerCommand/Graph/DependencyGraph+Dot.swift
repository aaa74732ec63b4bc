// The dependency graph in the language of Graphviz.

import Orchestration

extension DependencyGraph {
  /// A `digraph`: an arrow from each service to each of its dependencies, dashed for an optional one; a layer is a rank, the first at the
  /// bottom.
  func dot() -> String {
    var lines = ["digraph stoker {", "  rankdir=BT;", "  node [shape=box, style=rounded];"]
    for layer in Set(layers).sorted() {
      let members = services.indices.filter { layers[$0] == layer }.map { Self.quoted(services[$0].name) }
      lines.append("  { rank=same; \(members.joined(separator: "; ")); }")
    }
    for service in services {
      for dependency in service.dependencies {
        let edge = "\(Self.quoted(service.name)) -> \(Self.quoted(services[dependency.service.index].name))"
        lines.append("  \(edge)\(dependency.isOptional ? " [style=dashed]" : "");")
      }
    }
    return (lines + ["}"]).joined(separator: "\n") + "\n"
  }

  /// A service's name needs no escapes, but a bare one could be a keyword of the language (`node`, `edge`) or a number.
  private static func quoted(_ name: String) -> String {
    "\"\(name)\""
  }
}
