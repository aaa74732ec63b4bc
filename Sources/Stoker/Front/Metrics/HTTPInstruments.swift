// Counts and durations of HTTP requests.

import Exposition
import HTTPServer

/// Counts answers and refusals for the page.
final class HTTPInstruments: ServerObserver {
  private let requests = LabelledCounter("handler", "method", "code")
  private let durations = LabelledHistogram("handler", "method", bounds: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30])
  private let rejected = LabelledCounter("reason")

  init() {
    // Every reason exists from the first scrape on.
    for reason in RejectReason.allCases { _ = rejected[reason.rawValue] }
    // The scrape itself is always the first request.
    _ = requests["/metrics", "GET", "200"]
  }

  func register(in registry: Registry) {
    registry.register(
      requests, as: Family(name: "stoker_http_requests_total", type: .counter, help: "HTTP requests by handler, method and status."))
    registry.register(
      durations,
      as: Family(
        name: "stoker_http_request_duration_seconds", type: .histogram, help: "From a request's head to the last byte of its answer."))
    registry.register(
      rejected,
      as: Family(name: "stoker_http_rejected_requests_total", type: .counter, help: "Requests and connections that were turned away."))
  }

  func answered(pattern: String, method: String, status: Int, seconds: Double, trace: String?) {
    requests[pattern, method, String(status)].increment()
    durations[pattern, method].observe(seconds, exemplar: trace.flatMap { Exemplar(Labels(["trace_id": $0]), value: seconds) })
  }

  func rejected(reason: RejectReason) {
    rejected[reason.rawValue].increment()
  }
}

/// The load of the server.
struct ServerCollector: Collector {
  let name = "http"
  private let read: @Sendable () -> ServerGauges

  init(_ read: @escaping @Sendable () -> ServerGauges) {
    self.read = read
  }

  func collect(into page: inout PageWriter) {
    let gauges = read()
    page.begin(Self.inFlight)
    page.sample(.none, gauges.requestsInFlight)
    page.begin(Self.connections)
    page.sample(.none, gauges.connections)
    page.begin(Self.streams)
    page.sample(.none, gauges.streams)
    page.begin(Self.waiting)
    page.sample(.none, gauges.waitingBytes)
  }

  private static let inFlight = Family(
    name: "stoker_http_requests_in_flight", type: .gauge, help: "HTTP requests that are being answered.")
  private static let streams = Family(
    name: "stoker_event_stream_clients", type: .gauge, help: "Clients that follow events or logs.")
  private static let waiting = Family(
    name: "stoker_http_waiting_bytes", type: .gauge, help: "Bytes of answers that wait for their readers, and 64 KiB for each stream.")
  private static let connections = Family(name: "stoker_http_connections", type: .gauge, help: "Open HTTP connections.")
}
