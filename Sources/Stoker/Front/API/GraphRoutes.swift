// The dependency graph, and the reasons for a service's state.

import HTTPServer
import Orchestration

/// The graph of all services, and the reasons for the state of one.
struct GraphRoutes: RouteGroup {
  let supervisor: any SupervisorQueries

  var routes: [Route] {
    [
      route("GET", "\(base)/dependencies") { _, _ in dependencies() },
      route("GET", "\(base)/service/{name}/why") { request, parameters in
        await named(parameters) { why($0, $1, request) }
      },
    ]
  }

  /// `GET /dependencies`
  func dependencies() -> Response {
    let published = supervisor.read()
    return .json(.object([JSON.Member("success", true)] + (published.graph.json(types: published.services.map(\.type)).members ?? [])))
  }

  /// `GET /service/{name}/why`
  func why(_ id: ServiceID, _ published: Published, _ request: Request) -> Response {
    let explanation = published.explain(id, at: supervisor.clock.now) { $0.text(for: request.rights) }
    return .json(
      .object(
        [JSON.Member("success", true)] + members(explanation, in: published, for: request.rights) + [
          JSON.Member("root_cause", .string(published.name(explanation.rootCause))),
          JSON.Member("advice", JSON(explanation.advice)),
          JSON.Member("output_refusal", outputRefusal(request, of: published.name(id))),
        ]))
  }

  private func members(_ explanation: Explanation, in published: Published, for rights: Rights) -> [JSON.Member] {
    let record = published.records[explanation.service.index]
    let view = published.snapshot[explanation.service]
    // Before the first that counts, those that do not.
    let failures = record.failures(of: view.run).suffix(view.consecutiveFailures == 0 ? 3 : min(3, view.consecutiveFailures))
    return [
      JSON.Member("service", .string(published.name(explanation.service))),
      JSON.Member("sentence", .string(explanation.sentence)),
      JSON.Member("status", .string(explanation.status.rawValue)),
      JSON.Member("health", .string(explanation.health.rawValue)),
      JSON.Member("checked", .bool(published.snapshot.graph[explanation.service].check != nil)),
      JSON.Member("held_up", .bool(published.isHeldUp(explanation.service))),
      JSON.Member("since", time(explanation.since)),
      JSON.Member("next_attempt", time(explanation.nextAttempt)),
      JSON.Member("restart_attempts", JSON(published.snapshot[explanation.service].attempts)),
      JSON.Member("restart_limit", JSON(published.services[explanation.service.index].spec.restart.maxAttempts)),
      JSON.Member("last_error", JSON(record.lastError?.sentence.text(for: rights))),
      JSON.Member("last_error_at", JSON(record.lastError?.at.rfc3339)),
      JSON.Member("last_failures", .array(failures.map { json($0, for: rights) })),
      JSON.Member("causes", .array(explanation.children.map { .object(members($0, in: published, for: rights)) })),
    ]
  }
}

extension DependencyGraph {
  /// The graph for `GET /dependencies` and `stoker graph --format json`.
  /// - Parameter types: Each service's type, by its index.
  package func json(types: [String]) -> JSON {
    func names(_ ids: [ServiceID]) -> JSON {
      JSON(ids.map { services[$0.index].name })
    }
    return [
      "startup_order": names(startupOrder),
      "shutdown_order": names(shutdownOrder),
      "dependencies": .object(
        services.indices.map { index in
          let service = services[index]
          return JSON.Member(
            service.name,
            [
              "type": .string(types[index]),
              "dependencies": names(service.dependencies.filter { !$0.isOptional }.map(\.service)),
              "optional_dependencies": names(service.dependencies.filter(\.isOptional).map(\.service)),
              "on_restart": .object(
                service.dependencies.filter { $0.onRestart != .ignore }.map { edge in
                  JSON.Member(services[edge.service.index].name, .string(edge.onRestart.rawValue))
                }),
              "dependents": names(dependents[index]),
              "layer": JSON(layers[index]),
            ])
        }),
      "visualization": .string(picture()),
    ]
  }
}
