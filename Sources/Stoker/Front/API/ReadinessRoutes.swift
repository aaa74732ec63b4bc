// Liveness and readiness, as plain text.

import HTTPServer
import Orchestration

/// Liveness and readiness: answered even before the takeover is done.
struct ReadinessRoutes: RouteGroup {
  let supervisor: any SupervisorQueries

  var routes: [Route] {
    [
      Route("GET", "/-/healthy", access: .everywhere) { _, _ in healthy() },
      Route("GET", "/healthz", access: .everywhere) { _, _ in healthy() },
      Route("GET", "/livez", access: .everywhere) { _, _ in healthy() },
      Route("GET", "/-/ready", access: .everywhere) { _, _ in ready() },
      Route("GET", "/readyz", access: .everywhere) { _, _ in ready() },
    ]
  }

  /// `GET /-/healthy`
  func healthy() -> Response {
    .text("Stoker is healthy.\n")
  }

  /// `GET /-/ready` (rule 23)
  func ready() -> Response {
    let published = supervisor.read()
    let snapshot = published.snapshot
    guard !snapshot.node.isReady else { return .text("Stoker is ready: every critical service is running.\n") }
    guard !snapshot.node.isShuttingDown else { return .text("Stoker is not ready: it is shutting down.\n", status: 503) }
    let missing = snapshot.services.filter { view in
      let spec = published.services[view.id.index].spec
      return spec.isCritical && spec.isEnabled && !view.isReady
    }
    let names = missing.map { published.name($0.id) }.joined(separator: ", ")
    return .text("Stoker is not ready: \(names.isEmpty ? "it is starting" : "not running: \(names)").\n", status: 503)
  }
}
