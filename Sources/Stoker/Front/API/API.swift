// The HTTP interface (docs/http-api.md): all groups of routes.

import HTTPServer

/// The routes of one supervisor's listeners.
struct API: Sendable {
  let supervisor: any SupervisorQueries
  let metrics: MetricsPage

  init(_ supervisor: any SupervisorQueries, metrics: MetricsPage) {
    self.supervisor = supervisor
    self.metrics = metrics
  }

  /// All routes.
  var routes: [Route] {
    let groups: [any RouteGroup] = [
      ServiceRoutes(supervisor: supervisor, usage: metrics.usage),
      UsageRoutes(supervisor: supervisor, usage: metrics.usage),
      GraphRoutes(supervisor: supervisor),
      HistoryRoutes(supervisor: supervisor),
      LogRoutes(supervisor: supervisor),
      CommandRoutes(supervisor: supervisor),
      CommandToServicesRoutes(supervisor: supervisor),
      ServiceRequestRoutes(supervisor: supervisor),
      ShutdownRoutes(supervisor: supervisor),
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
