// The metrics for Prometheus.

import HTTPServer

/// The exposition.
struct ExpositionRoutes: RouteGroup {
  let supervisor: any SupervisorQueries
  let metrics: MetricsPage

  var routes: [Route] {
    [
      route("GET", "/metrics", access: .everywhere) { request, _ in await metrics.answer(request) }
    ]
  }
}
