// Scrapes: a thousand series, of which a tenth changes between two of them.

import Exposition

/// A registry with its endpoint.
struct ScrapeBench {
  private let endpoint: Endpoint
  private let counters: [Counter]
  private let headers: [(name: String, value: String)]

  /// - Parameter coding: what the scraper accepts besides plain text.
  init(coding: String?) {
    let registry = Registry()
    let requests = LabelledCounter("service", "code", limit: 1000)
    counters = (0..<1000).map { requests["svc-\($0 / 4)", ["200", "301", "404", "500"][$0 % 4]] }
    registry.register(requests, as: Family(name: "bench_requests_total", type: .counter, help: "A counter."))
    endpoint = Endpoint(registry)
    headers = coding.map { [("accept-encoding", $0)] } ?? []
  }

  /// Allocations for each scrape.
  func measure(_ allocations: AllocationCounter) async -> Double {
    for _ in 0..<10 { await scrape() }
    return await allocations.each(50) { await scrape() }
  }

  private func scrape() async {
    for index in stride(from: 0, to: counters.count, by: 10) { counters[index].increment() }
    _ = await endpoint.answer(headers: headers, query: [])
  }
}
