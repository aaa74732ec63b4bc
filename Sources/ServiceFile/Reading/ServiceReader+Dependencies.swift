// `depends_on:`: a list of names, or a mapping of names to conditions.
import Orchestration

extension ServiceReader {
  func readDependencies(_ kind: ServiceSpec.Kind) -> [DependencyRequest] {
    guard let node = reader.take("depends_on")?.value else { return [] }
    switch node.value {
    case .sequence(let elements):
      var lines: [String: Int] = [:]
      return elements.compactMap { element in
        guard let name = reader.text(element, "depends_on") else { return nil }
        if let line = lines[name] {
          context.report(element.mark, "\(reader.scope.name("depends_on")) names \(element.found) twice; it stands in line \(line) already")
          return nil
        }
        lines[name] = element.mark.line
        return DependencyRequest(name: name, mark: element.mark, conditionMark: element.mark)
      }
    case .null: return []
    case .mapping(let entries):
      let scope = reader.scope.inside("depends_on")
      return entries.map { entry in
        request(entry, MappingReader(entry.value, scope: scope.inside(entry.key), keyMark: entry.keyMark, context: context), of: kind)
      }
    case .scalar:
      return reader.refuse(node, "depends_on", "a list of services, or a mapping of services to conditions") ?? []
    }
  }

  private func request(_ entry: Node.Entry, _ edge: MappingReader, of kind: ServiceSpec.Kind) -> DependencyRequest {
    var request = DependencyRequest(name: entry.key, mark: entry.keyMark, conditionMark: entry.keyMark)
    if let condition = edge.take("condition") {
      request.condition = edge.choice(condition.value, "condition", of: Dependency.Condition.allCases)
      request.conditionMark = condition.value.mark
    }
    request.isOptional = edge.flag("optional") ?? false
    request.instances = edge.choice("instances", DependencyRequest.Instances.self) ?? request.instances
    if let onRestart = edge.choice("on_restart", Dependency.OnRestart.self) { request.onRestart = onRestart }
    if own != nil, kind == .external, request.onRestart != .ignore {
      if let node = ownEntry(["depends_on", entry.key, "on_restart"])?.value {
        _ =
          edge.refuse(node, "on_restart", "ignore", advice: "\(reader.scope) is external, and never started or stopped by Stoker")
          as Void?
      }
      request.onRestart = .ignore
    }
    edge.finish()
    return request
  }
}
