// `GET /metrics`: what is collected, in which order, and what a scrape itself costs.

import Exposition
import HTTPServer
import Orchestration
import ServiceFile
import Synchronization

/// The exposition of one supervisor.
final class MetricsPage: Sendable {
  /// Counts requests for the server.
  let http = HTTPInstruments()
  private let registry = Registry()
  private let usage: UsageCache
  private let lastScrape = Mutex<Scrape?>(nil)

  private struct Scrape {
    var seconds: Double
    var series: Int
    var bytes: Int
  }

  init(_ supervisor: Supervisor) {
    let excluded = supervisor.configuration.excludedMetrics
    usage = UsageCache(supervisor.world.processes.usage)
    registry.register(ServiceCollector(supervisor, excluded: excluded))
    if !excluded.contains(.registry) { registry.register(RegistryCollector(supervisor)) }
    registry.register(UsageCollector(cache: usage))
    registry.register(NodeCollector(supervisor, excluded: excluded))
    registry.register(SelfCollector())
    let instruments = supervisor.world.instruments
    if !excluded.contains(.histograms) {
      registry.register(
        instruments.startDurations,
        as: Family(
          name: "stoker_service_start_duration_seconds", type: .histogram,
          help: "From the decision to start a service to the end of its start, over all services."))
      registry.register(
        instruments.stopDurations,
        as: Family(
          name: "stoker_service_stop_duration_seconds", type: .histogram,
          help: "From the decision to stop a service to the end of its last process, over all services."))
    }
    registry.register(
      instruments.loopLag,
      as: Family(
        name: "stoker_loop_lag_seconds", type: .histogram, help: "Delay between a timer's due time and its handling by the supervisor."))
    http.register(in: registry)
  }

  /// Lets the page show how busy the server is.
  func watch(_ gauges: @escaping @Sendable () -> ServerGauges) {
    registry.register(ServerCollector(gauges))
    registry.register(ScrapeCollector(page: self))
  }

  /// Answers a scrape; `?name[]=` keeps the named families.
  func answer(_ request: Request) async -> Response {
    let names = request.query.filter { $0.name == "name[]" }.map(\.value)
    let clock = SuspendingClock()
    let start = clock.now
    // Reading /proc is shared between overlapping scrapes, and happens off the loop.
    await usage.refresh()
    let page = registry.render(names: names.isEmpty ? nil : Set(names))
    if names.isEmpty {
      lastScrape.withLock {
        $0 = Scrape(seconds: (clock.now - start).inSeconds, series: page.series, bytes: page.bytes.count)
      }
    }
    return .bytes(page.bytes, contentType: "text/plain; version=0.0.4; charset=utf-8")
  }

  /// The cost of the scrape before this one, and what failed in it.
  private struct ScrapeCollector: Collector {
    let name = "scrape"
    unowned let page: MetricsPage

    func collect(into encoder: inout TextEncoder) {
      let last = page.lastScrape.withLock { $0 }
      encoder.begin(Self.duration)
      encoder.sample(.none, last?.seconds ?? 0)
      encoder.begin(Self.series)
      encoder.sample(.none, last?.series ?? 0)
      encoder.begin(Self.size)
      encoder.sample(.none, last?.bytes ?? 0)
      encoder.begin(Self.errors)
      for (collector, count) in page.registry.collectorErrors.sorted(by: { $0.key < $1.key }) {
        encoder.sample(Labels(["collector": collector]), count)
      }
    }

    private static let duration = Family(
      name: "stoker_scrape_duration_seconds", type: .gauge, help: "Time that the scrape before this one took to render.")
    private static let series = Family(name: "stoker_scrape_series", type: .gauge, help: "Series of the scrape before this one.")
    private static let size = Family(
      name: "stoker_scrape_size_bytes", type: .gauge, help: "Uncompressed size of the scrape before this one.")
    private static let errors = Family(
      name: "stoker_collector_errors_total", type: .counter, help: "Collections that failed; their group was left out of that scrape.")
  }
}
