// The metrics for Prometheus.

import HTTPServer

/// The exposition.
struct ExpositionRoutes: RouteGroup {
  let supervisor: any SupervisorQueries
  let metrics: MetricsPage

  var routes: [Route] {
    [
      // A scrape that is turned away would look like a Stoker that is down; what is not known yet is left out instead.
      Route("GET", "/metrics", access: .everywhere) { request, _ in
        if !supervisor.isBooted { _ = await supervisor.waitForBoot() }
        return await metrics.answer(request)
      }
    ]
  }
}
