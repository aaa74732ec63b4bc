// Resolution of dependencies: names to services, default conditions, impossible conditions, cycles.
import Orchestration

/// Joins the services of one file.
struct DependencyResolver {
  let context: ReadingContext

  /// The most cycles that are reported; a longer list is hardly read.
  private static let maximumCycles = 20

  /// The most dependencies among instances: each of a thousand on each of a thousand would be a million.
  private static let maximumEdges = 200_000

  /// Fills in the dependencies of all `drafts`. Returns nil, with the faults reported, if they make no graph.
  func resolve(_ drafts: inout [ServiceDraft]) -> DependencyGraph? {
    let names = ServiceNumbers(drafts)
    var marks: [[ServiceID: Mark]] = []
    var count = 0
    for index in drafts.indices {
      var edges: [ServiceID: Mark] = [:]
      for (group, request) in drafts[index].requests.enumerated() {
        let dependencies = resolve(request, group, of: drafts[index], at: index, drafts, names)
        for dependency in dependencies {
          if let earlier = edges.updateValue(request.mark, forKey: dependency.service) {
            let name = drafts[dependency.service.index].name
            context.report(
              request.mark,
              "service '\(drafts[index].name)' depends on '\(name)' twice; see \(context.words(for: earlier, from: request.mark))")
            continue
          }
          drafts[index].definition.spec.dependencies.append(dependency)
        }
        if dependencies.count > 1 { count += dependencies.count }
        if count > Self.maximumEdges {
          context.report(request.mark, "the instances of this file depend on each other in more than \(Self.maximumEdges) ways")
          return nil
        }
      }
      marks.append(edges)
      checkVariables(of: drafts[index], edges, drafts)
      context.silenceReportedPlaces()
    }
    return graph(of: drafts.map(\.definition.spec), marks)
  }

  /// The dependencies that a request stands for: one, or one on each instance of a section.
  /// - Parameter group: The request's number in its service.
  private func resolve(
    _ request: DependencyRequest, _ group: Int, of draft: ServiceDraft, at index: Int, _ drafts: [ServiceDraft], _ names: ServiceNumbers
  ) -> [Dependency] {
    guard let positions = names[request.name] else {
      let hint = Spelling.hint(for: request.name, among: names.all)
      context.report(request.mark, "service '\(draft.name)' depends on '\(Spelling.shown(request.name))', which is not in this file\(hint)")
      return []
    }
    guard !positions.contains(index) else {
      context.report(request.mark, "service '\(draft.name)' depends on itself")
      return []
    }
    // All instances of a section have the same kind, check and policies.
    let target = drafts[positions.lowerBound].definition.spec
    let condition = request.condition ?? Self.defaultCondition(for: target)
    if let obstacle = Self.obstacle(to: condition, in: target) {
      let name = Spelling.shown(request.name)
      context.report(
        request.conditionMark, "service '\(draft.name)' waits for '\(name)' to be \(condition.rawValue), but \(obstacle)")
    }
    let isGroup = request.instances == .any
    return positions.map { position in
      Dependency(
        ServiceID(position), condition: condition, isOptional: request.isOptional, onRestart: request.onRestart,
        group: isGroup ? group : nil)
    }
  }

  /// Refuses two dependencies, one of them an instance, whose endpoints a service would get in one variable.
  private func checkVariables(of draft: ServiceDraft, _ marks: [ServiceID: Mark], _ drafts: [ServiceDraft]) {
    let edges = draft.definition.spec.dependencies
    guard edges.contains(where: { drafts[$0.service.index].definition.spec.section != nil }) else { return }
    var owners: [String: Int] = [:]
    for edge in edges {
      let provider = drafts[edge.service.index]
      for endpoint in provider.definition.endpoints.keys.sorted() {
        let variable = EndpointVariable.name(service: provider.definition.spec.name, endpoint: endpoint)
        guard let other = owners.updateValue(edge.service.index, forKey: variable), other != edge.service.index,
          provider.definition.spec.section != nil || drafts[other].definition.spec.section != nil, let mark = marks[edge.service]
        else { continue }
        context.report(
          mark,
          "the endpoints of '\(drafts[other].name)' and '\(provider.name)' would both be \(variable) in the environment of '\(draft.name)'; rename one"
        )
        return
      }
    }
  }

  private static func defaultCondition(for target: ServiceSpec) -> Dependency.Condition {
    if target.check != nil { return .healthy }
    if target.start.isNotified { return .ready }
    return target.kind == .oneshot ? .completed : .started
  }

  /// The reason why the condition can never be met; nil if it can.
  private static func obstacle(to condition: Dependency.Condition, in target: ServiceSpec) -> String? {
    switch (condition, target.kind) {
    case (.healthy, _):
      target.check == nil ? "that service has no check; give it 'health', or wait for 'started'" : nil
    case (.completed, .external):
      "an external service never completes"
    case (.ended, .external):
      "an external service has no process that ends"
    case (.completed, _) where target.restart.rule == .always, (.ended, _) where target.restart.rule == .always:
      "that service is kept running (restart.policy: always); make it a oneshot, or wait for 'started'"
    case (.completed, _), (.ended, _), (.started, _), (.ready, _):
      nil
    }
  }

  /// Reports each cycle at one of its edges and removes that edge to find the next one.
  private func graph(of specs: [ServiceSpec], _ marks: [[ServiceID: Mark]]) -> DependencyGraph? {
    var specs = specs
    for _ in 0..<Self.maximumCycles {
      do throws(GraphError) {
        return try DependencyGraph(specs)
      } catch {
        guard let edge = report(error, specs, marks) else { return nil }
        specs[edge.from.index].dependencies.removeAll { $0.service == edge.to }
      }
    }
    return nil
  }

  private func report(_ error: GraphError, _ specs: [ServiceSpec], _ marks: [[ServiceID: Mark]]) -> (from: ServiceID, to: ServiceID)? {
    guard case .cycle(let cycle) = error, let start = cycle.indices.min(by: { cycle[$0] < cycle[$1] }) else {
      // Names and edges have been checked before. The graph's own sentence is reported in case it finds more.
      context.report(Mark(line: 1, column: 1), error.text(in: specs))
      return nil
    }
    // The cycle is written from the service that comes first in the file.
    let turned = Array(cycle[start...] + cycle[..<start])
    let path = (turned + [turned[0]]).map { Spelling.shown(specs[$0.index].name) }.joined(separator: " -> ")
    let next = turned[turned.count > 1 ? 1 : 0]
    context.report(marks[turned[0].index][next] ?? Mark(line: 1, column: 1), "cycle: \(path)")
    // The same edge of the other instances.
    context.silenceReportedPlaces()
    return (turned[0], next)
  }
}

/// The services by name: a name stands for one service, that of a section for all of its instances, which stand together.
private struct ServiceNumbers {
  private var ranges: [String: Range<Int>] = [:]
  /// All names, those of sections too.
  private(set) var all: [String] = []

  init(_ drafts: [ServiceDraft]) {
    for (position, draft) in drafts.enumerated() {
      let spec = draft.definition.spec
      if let section = spec.section {
        if ranges[section] == nil { all.append(section) }
        ranges[section] = (ranges[section]?.lowerBound ?? position)..<position + 1
      }
      ranges[spec.name] = position..<position + 1
      all.append(spec.name)
    }
  }

  subscript(name: String) -> Range<Int>? { ranges[name] }
}
