// Resolution of dependencies: names to services, default conditions, impossible conditions, cycles.
import Orchestration

/// Joins the services of one file.
struct DependencyResolver {
  let context: ReadingContext

  /// The most cycles that are reported; a longer list is hardly read.
  private static let maximumCycles = 20

  /// Fills in the dependencies of all `drafts`. Returns nil, with the faults reported, if they make no graph.
  func resolve(_ drafts: inout [ServiceDraft]) -> DependencyGraph? {
    var positions: [String: Int] = [:]
    for (position, draft) in drafts.enumerated() { positions[draft.definition.spec.name] = position }
    let names = drafts.map(\.definition.spec.name)
    var marks: [[ServiceID: Mark]] = []
    for index in drafts.indices {
      var edges: [ServiceID: Mark] = [:]
      for request in drafts[index].requests {
        guard let dependency = resolve(request, of: drafts[index], at: index, drafts, positions, names) else { continue }
        edges[dependency.service] = request.mark
        drafts[index].definition.spec.dependencies.append(dependency)
      }
      marks.append(edges)
      context.silenceReportedPlaces()
    }
    return graph(of: drafts.map(\.definition.spec), marks)
  }

  private func resolve(
    _ request: DependencyRequest, of draft: ServiceDraft, at index: Int, _ drafts: [ServiceDraft], _ positions: [String: Int],
    _ names: [String]
  ) -> Dependency? {
    guard let position = positions[request.name] else {
      let hint = Spelling.hint(for: request.name, among: names)
      context.report(request.mark, "service '\(draft.name)' depends on '\(Spelling.shown(request.name))', which is not in this file\(hint)")
      return nil
    }
    guard position != index else {
      context.report(request.mark, "service '\(draft.name)' depends on itself")
      return nil
    }
    let target = drafts[position].definition.spec
    let condition = request.condition ?? Self.defaultCondition(for: target)
    if let obstacle = Self.obstacle(to: condition, in: target) {
      context.report(
        request.conditionMark, "service '\(draft.name)' waits for '\(drafts[position].name)' to be \(condition.rawValue), but \(obstacle)")
    }
    return Dependency(ServiceID(position), condition: condition, isOptional: request.isOptional, onRestart: request.onRestart)
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
    case (.completed, .process) where target.restart.rule == .always, (.completed, .inProcess) where target.restart.rule == .always:
      "that service is kept running (restart.policy: always); make it a oneshot, or wait for 'started'"
    case (.completed, _), (.started, _), (.ready, _):
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
    return (turned[0], next)
  }
}
