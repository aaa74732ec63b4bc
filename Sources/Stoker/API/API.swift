// The HTTP interface (http-api.md): which request is answered by whom, and what they share.

import HTTPServer
import Orchestration
import Synchronization

/// Answers the requests of one supervisor's listeners.
struct API: Sendable {
  let supervisor: Supervisor
  let metrics: MetricsPage

  init(_ supervisor: Supervisor, metrics: MetricsPage) {
    self.supervisor = supervisor
    self.metrics = metrics
  }

  /// All routes.
  var routes: [Route] {
    let base = "/api/orchestration"
    return [
      route("GET", "\(base)/services") { request, _ in await services(request) },
      route("GET", "\(base)/health") { _, _ in health() },
      route("GET", "\(base)/metrics") { _, _ in summary() },
      route("GET", "\(base)/dependencies") { _, _ in dependencies() },
      route("GET", "\(base)/service/{name}") { _, parameters in await named(parameters, service) },
      route("GET", "\(base)/service/{name}/why") { _, parameters in await named(parameters, why) },
      route("GET", "\(base)/service/{name}/history") { request, parameters in
        await named(parameters) { await history($0, $1, request) }
      },
      route("GET", "\(base)/service/{name}/logs") { request, parameters in await named(parameters) { logs($0, $1, request) } },
      route("POST", "\(base)/start/{name}", access: .control) { request, parameters in
        await named(parameters) { await start($0, $1, request) }
      },
      route("POST", "\(base)/stop/{name}", access: .control) { request, parameters in
        await named(parameters) { await stop($0, $1, request) }
      },
      route("POST", "\(base)/restart/{name}", access: .control) { request, parameters in
        await named(parameters) { await restart($0, $1, request) }
      },
      route("POST", "\(base)/reload", access: .control) { request, _ in await reload(request) },
      route("POST", "/-/reload", access: .control) { request, _ in await reload(request) },
      route("POST", "\(base)/health/check-now", access: .control) { request, _ in await checkNow(request) },
      route("GET", "\(base)/events") { request, _ in events(request) },
      route("GET", "\(base)/registry") { _, _ in registry() },
      route("GET", "\(base)/registry/{name}") { _, parameters in entry(parameters["name"] ?? "") },
      route("POST", "\(base)/registry/{name}", access: .control) { request, parameters in
        await register(parameters["name"] ?? "", request)
      },
      route("DELETE", "\(base)/registry/{name}", access: .control) { request, parameters in
        await deregister(parameters["name"] ?? "", request)
      },
      route("POST", "\(base)/registry/{name}/heartbeat", access: .control) { request, parameters in
        await beat(parameters["name"] ?? "", request)
      },
      route("GET", "\(base)/discovery/prometheus", access: .everywhere) { request, _ in discovery(request) },
      route("GET", "/metrics", access: .everywhere) { request, _ in await metrics.answer(request) },
      Route("GET", "/-/healthy", access: .everywhere) { _, _ in healthy() },
      Route("GET", "/healthz", access: .everywhere) { _, _ in healthy() },
      Route("GET", "/livez", access: .everywhere) { _, _ in healthy() },
      Route("GET", "/-/ready", access: .everywhere) { _, _ in ready() },
      Route("GET", "/readyz", access: .everywhere) { _, _ in ready() },
      Route("GET", "/api/openapi.json") { request, _ in openAPI(request) },
      Route("GET", "/api/") { request, _ in reference(request) },
      Route("GET", "/api") { _, _ in toReference() },
      Route("GET", "/api/reference.css") { request, _ in referenceStyle(request) },
    ] + Self.pageRoutes
  }

  /// A route that answers when what an earlier Stoker left has been taken over: before that nothing that could be said is true.
  private func route(
    _ method: String, _ pattern: String, access: Access = .read, handler: @escaping Route.Handler
  ) -> Route {
    Route(method, pattern, access: access) { request, parameters in
      guard supervisor.isBooted.load(ordering: .acquiring) else { return .fault(.starting) }
      return await handler(request, parameters)
    }
  }

  /// The service of the path in a picture of everything, or 404 with the nearest name.
  private func named(_ parameters: PathParameters, _ answer: (ServiceID, Published) async -> Response) async -> Response {
    let name = parameters["name"] ?? ""
    let published = supervisor.read()
    guard let id = published.graph.id(named: name) else { return .fault(notFound(name, in: published)) }
    return await answer(id, published)
  }

  func notFound(_ name: String, in published: Published) -> HTTPFault {
    let hint = published.graph.nearest(to: name).map { "; did you mean '\($0)'?" } ?? ""
    return HTTPFault(status: 404, code: "service_not_found", message: "Service '\(name)' not found\(hint)")
  }

  func time(_ instant: Instant?) -> JSON {
    JSON(instant.map { supervisor.clock.timestamp($0).rfc3339 })
  }
}

extension Response {
  /// A JSON answer.
  static func json(_ value: JSON, status: Int = 200) -> Response {
    .json(value.render(), status: status)
  }
}
