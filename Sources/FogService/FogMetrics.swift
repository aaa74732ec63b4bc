// The service's own metrics: instruments, and one value that is computed at each scrape.

import Exposition

struct FogMetrics: Sendable {
  let behaviour = LabelledGauge("behaviour")
  let requests = LabelledCounter("endpoint")
  let healthDuration = Histogram(bounds: [0.001, 0.01, 0.1, 1, 10])
  let leaked = Gauge()
  let endpoint: Endpoint

  init() {
    let registry = Registry()
    endpoint = Endpoint(registry)

    // Created here, a series exists from the first scrape on.
    for word in Behaviour.words { _ = behaviour[word] }
    for page in Page.allCases { _ = requests[page.rawValue] }

    registry.register(behaviour, as: Family(name: "fog_behaviour", type: .gauge, help: "1 for the present behaviour of the service."))
    registry.register(requests, as: Family(name: "fog_requests_total", type: .counter, help: "Requests so far, by endpoint."))
    registry.register(
      healthDuration,
      as: Family(name: "fog_health_duration_seconds", type: .histogram, help: "Time taken to answer the health check."))
    registry.register(leaked, as: Family(name: "fog_leaked_bytes", type: .gauge, help: "Memory allocated by POST /control/leak."))
    registry.register(Uptime())
  }

  /// Requests to all pages together.
  var allRequests: Int { Page.allCases.reduce(0) { $0 + Int(requests[$1.rawValue].value) } }

  enum Page: String, CaseIterable {
    case health, metrics, control, home
  }

  private struct Uptime: Collector {
    static let family = Family(name: "fog_uptime_seconds", type: .gauge, help: "Time since the start of this process.")

    let name = "uptime"
    let began = SuspendingClock.now

    func collect(into page: inout PageWriter) {
      page.begin(Self.family)
      page.sample(.none, (SuspendingClock.now - began) / .seconds(1))
    }
  }
}
