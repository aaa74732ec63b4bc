// The HTTP interface (http-api.md): which request is answered by whom, and what they share.

import HTTPServer
import Orchestration

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
      Route("GET", "\(base)/services") { _, _ in services() },
      Route("GET", "\(base)/health") { _, _ in health() },
      Route("GET", "\(base)/metrics") { _, _ in summary() },
      Route("GET", "\(base)/dependencies") { _, _ in dependencies() },
      Route("GET", "\(base)/service/{name}") { _, parameters in await named(parameters, service) },
      Route("GET", "\(base)/service/{name}/why") { _, parameters in await named(parameters, why) },
      Route("GET", "\(base)/service/{name}/history") { request, parameters in
        await named(parameters) { await history($0, $1, request) }
      },
      Route("GET", "\(base)/service/{name}/logs") { request, parameters in await named(parameters) { logs($0, $1, request) } },
      Route("POST", "\(base)/start/{name}", access: .control) { request, parameters in
        await named(parameters) { await start($0, $1, request) }
      },
      Route("POST", "\(base)/stop/{name}", access: .control) { request, parameters in
        await named(parameters) { await stop($0, $1, request) }
      },
      Route("POST", "\(base)/restart/{name}", access: .control) { request, parameters in
        await named(parameters) { await restart($0, $1, request) }
      },
      Route("POST", "\(base)/reload", access: .control) { request, _ in await reload(request) },
      Route("POST", "/-/reload", access: .control) { request, _ in await reload(request) },
      Route("POST", "\(base)/health/check-now", access: .control) { request, _ in await checkNow(request) },
      Route("GET", "\(base)/registry") { _, _ in registry() },
      Route("GET", "\(base)/registry/{name}") { _, parameters in entry(parameters["name"] ?? "") },
      Route("POST", "\(base)/registry/{name}", access: .control) { request, parameters in
        await register(parameters["name"] ?? "", request)
      },
      Route("DELETE", "\(base)/registry/{name}", access: .control) { request, parameters in
        await deregister(parameters["name"] ?? "", request)
      },
      Route("POST", "\(base)/registry/{name}/heartbeat", access: .control) { request, parameters in
        await beat(parameters["name"] ?? "", request)
      },
      Route("GET", "\(base)/discovery/prometheus", access: .everywhere) { request, _ in discovery(request) },
      Route("GET", "/metrics", access: .everywhere) { request, _ in await metrics.answer(request) },
      Route("GET", "/-/healthy", access: .everywhere) { _, _ in healthy() },
      Route("GET", "/healthz", access: .everywhere) { _, _ in healthy() },
      Route("GET", "/livez", access: .everywhere) { _, _ in healthy() },
      Route("GET", "/-/ready", access: .everywhere) { _, _ in ready() },
      Route("GET", "/readyz", access: .everywhere) { _, _ in ready() },
      Route("GET", "/") { _, _ in landingPage() },
    ]
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
