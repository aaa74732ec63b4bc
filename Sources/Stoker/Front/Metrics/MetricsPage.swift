// `GET /metrics`: the collectors in their order, and the cost of a scrape itself.

import Exposition
import HTTPServer
import NIOHTTP1
import Orchestration
import ServiceFile

/// The exposition of one supervisor.
final class MetricsPage: Sendable {
  /// Counts requests for the server.
  let http = HTTPInstruments()
  /// The resource usage of services, read once for all requests.
  let usage: UsageCache
  private let failures = ReadFailures()
  private let registry: Registry
  private let endpoint: Endpoint
  /// Low priority: supervision and services come before scrapes.
  private let writing = TaskThread(niceness: 10)
  private let reading = TaskThread(niceness: 10)

  /// - Parameter registry: The page, which the embedding program may extend.
  init(_ supervisor: any SupervisorQueries, registry: Registry) {
    let excluded = supervisor.configuration.excludedMetrics
    let usage = UsageCache(supervisor, thread: reading, failures: failures)
    self.usage = usage
    self.registry = registry
    // /proc is read outside the supervisor's loop, once for all scrapes that overlap.
    endpoint = Endpoint(registry, executor: writing) { await usage.refresh() }
    func whenBooted(_ collector: some Collector) { registry.register(BootedCollector(supervisor: supervisor, collector: collector)) }
    whenBooted(ServiceCollector(supervisor, excluded: excluded))
    if !excluded.contains(.registry) { whenBooted(RegistryCollector(supervisor)) }
    whenBooted(UsageCollector(supervisor, cache: usage, excluded: excluded))
    whenBooted(NodeCollector(supervisor, excluded: excluded))
    registry.register(SelfCollector(failures))
    if let journal = supervisor.journal { registry.register(JournalCollector(journal, failures)) }
    let instruments = supervisor.instruments
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

  /// Adds the load of the server to the page.
  func watch(_ gauges: @escaping @Sendable () -> ServerGauges) {
    registry.register(ServerCollector(gauges))
    registry.register(failures)
    registry.register(ScrapeCollector(registry: registry, endpoint: endpoint))
  }

  /// Answers a scrape.
  func answer(_ request: Request) async -> Response {
    let answer = await endpoint.answer(headers: Array(request.headers), query: request.query)
    return Response(status: answer.status, headers: HTTPHeaders(answer.headers), parts: answer.body)
  }

  /// Starts the threads.
  func start() {
    writing.start()
    reading.start()
  }

  /// Ends the threads, after the last scrape. A reading that hangs in the kernel is not waited for.
  func shutdown() async {
    await writing.shutdown()
    Task { [reading] in await reading.shutdown() }
  }
}

/// A collector whose values are known only when the takeover from an earlier Stoker is over: zeros before that would be resets.
private struct BootedCollector<Wrapped: Collector>: Collector {
  let supervisor: any SupervisorQueries
  let collector: Wrapped

  var name: String { collector.name }

  func collect(into page: inout PageWriter) throws {
    if supervisor.isBooted { try collector.collect(into: &page) }
  }
}

/// The cost of the previous scrape, and the failed collections so far.
private struct ScrapeCollector: Collector {
  let name = "scrape"
  unowned let registry: Registry
  unowned let endpoint: Endpoint

  func collect(into page: inout PageWriter) {
    let last = endpoint.lastScrape
    page.begin(Self.duration)
    page.sample(.none, last?.seconds ?? 0)
    page.begin(Self.series)
    page.sample(.none, last?.series ?? 0)
    page.begin(Self.size)
    page.sample(.none, last?.bytes ?? 0)
    page.begin(Self.errors)
    for (collector, count) in registry.collectorErrors.sorted(by: { $0.key < $1.key }) {
      page.sample(Labels(["collector": collector]), count)
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
