// The HTTP interface (http-api.md): all groups of routes.

import HTTPServer

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
    let groups: [any RouteGroup] = [
      ServiceRoutes(supervisor: supervisor, usage: metrics.usage),
      GraphRoutes(supervisor: supervisor),
      HistoryRoutes(supervisor: supervisor),
      LogRoutes(supervisor: supervisor),
      CommandRoutes(supervisor: supervisor),
      ReloadRoutes(supervisor: supervisor),
      EventRoutes(supervisor: supervisor),
      RegistryRoutes(supervisor: supervisor),
      DiscoveryRoutes(supervisor: supervisor),
      ReadinessRoutes(supervisor: supervisor),
      ExpositionRoutes(supervisor: supervisor, metrics: metrics),
      DescriptionRoutes(supervisor: supervisor),
      PageRoutes(supervisor: supervisor),
    ]
    return groups.flatMap(\.routes)
  }
}
