// The usage of services in the last minutes, for small pictures.

import HTTPServer
import Orchestration

/// The trends of all services, or of one.
struct UsageRoutes: RouteGroup {
  let supervisor: any SupervisorQueries
  let usage: UsageCache

  var routes: [Route] {
    [
      route("GET", "\(base)/usage") { _, _ in await trends(of: supervisor.read().services) },
      route("GET", "\(base)/service/{name}/usage") { _, parameters in
        await named(parameters) { id, published in await trends(of: [published.services[id.index]]) }
      },
    ]
  }

  /// `GET /usage` and `GET /service/{name}/usage`
  private func trends(of services: [Service]) async -> Response {
    await usage.refresh(within: UsageCache.answerPatience)
    return .json([
      "success": true,
      "at": .string(Timestamp.now.rfc3339),
      "interval_seconds": JSON(UsageTrend.interval.inSeconds),
      "services": .object(
        zip(services, usage.trends(of: services)).map { service, samples in
          JSON.Member(
            service.name,
            [
              "cpu_percent": .array(samples.map { JSON($0?.load) }),
              "memory_bytes": .array(samples.map { JSON($0?.memory) }),
              "descriptors": .array(samples.map { JSON($0?.descriptors) }),
            ])
        }),
    ])
  }
}
