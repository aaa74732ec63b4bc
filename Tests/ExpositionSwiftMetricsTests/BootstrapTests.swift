// The whole way, from the bootstrap of a program to the page.
import CoreMetrics
import ExpositionSwiftMetrics
import Testing

import class Exposition.Registry

@Suite("Bootstrapping swift-metrics")
struct BootstrapTests {
  // A process can be bootstrapped only once: the test has a process of its own.
  @Test("one line puts the metrics of the program on the page")
  func bootstrap() async {
    await #expect(processExitsWith: .success) {
      let registry = Registry()
      MetricsSystem.bootstrap(ExpositionMetricsFactory(registry: registry, timerBounds: { _ in [1] }))
      Counter(label: "http.server.requests", dimensions: [("code", "200")]).increment()
      Counter(label: "http.server.requests", dimensions: [("code", "200")]).increment(by: 2)
      Timer(label: "http.server.duration").recordMilliseconds(250)
      #expect(
        registry.text == """
          # HELP http_server_requests_total From swift-metrics, labelled "http.server.requests".
          # TYPE http_server_requests_total counter
          http_server_requests_total{code="200"} 3
          # HELP http_server_duration_seconds From swift-metrics, labelled "http.server.duration".
          # TYPE http_server_duration_seconds histogram
          http_server_duration_seconds_bucket{le="1.0"} 1
          http_server_duration_seconds_bucket{le="+Inf"} 1
          http_server_duration_seconds_sum 0.25
          http_server_duration_seconds_count 1

          """)
    }
  }
}
