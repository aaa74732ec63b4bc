// HTTP service discovery (prometheus.io/docs/prometheus/latest/http_sd): the services that have metrics of their own.

import Addresses
import HTTPServer
import Orchestration
import ServiceFile

/// Service discovery for Prometheus.
struct DiscoveryRoutes: RouteGroup {
  let supervisor: any SupervisorQueries

  var routes: [Route] {
    [
      route("GET", "\(base)/discovery/prometheus", access: .everywhere) { request, _ in discovery(request) }
    ]
  }

  /// `GET /discovery/prometheus`: always the complete list, since Prometheus keeps the last one if it gets none.
  func discovery(_ request: Request) -> Response {
    let published = supervisor.read()
    // Prometheus reaches the services at the address at which it reached Stoker: on another machine, 127.0.0.1 would be itself. Behind a
    // proxy that is the proxy's.
    let host = supervisor.configuration.discoveryAddress.map { Authority(host: $0, port: nil).description } ?? request.host ?? "127.0.0.1"
    let targets = published.services.enumerated().compactMap { index, service -> JSON? in
      guard let target = service.metrics else { return nil }
      return [
        "targets": .array([.string("\(host):\(target.port)")]), "labels": labels(of: service, target, published.snapshot.services[index]),
      ]
    }
    return .json(.array(targets))
  }

  private func labels(of service: Service, _ target: MetricsTarget, _ view: ServiceView) -> JSON {
    let prefix = "__meta_stoker_service_"
    // For Prometheus a path has no query; each parameter is a label of its own.
    let parts = target.path.split(separator: "?", maxSplits: 1)
    var labels = [
      ("__metrics_path__", String(parts[0])), ("\(prefix)name", service.name), ("\(prefix)type", service.type),
      ("\(prefix)version", service.version ?? ""), ("\(prefix)status", view.status.rawValue), ("\(prefix)health", view.health.rawValue),
    ]
    for pair in parts.dropFirst().joined().split(separator: "&") {
      let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      labels.append(("__param_\(Self.labelName(sides[0]))", String(sides.dropFirst().joined())))
    }
    for (name, value) in service.labels.sorted(by: { $0.key < $1.key }) { labels.append(("\(prefix)label_\(Self.labelName(name))", value)) }
    // Two names can become one; a duplicate label would make the whole list invalid.
    var seen: Set<String> = []
    return .object(labels.filter { seen.insert($0.0).inserted }.map { JSON.Member($0.0, .string($0.1)) })
  }

  /// Text as a part of a label's name: characters that are not allowed become underscores.
  private static func labelName(_ text: some StringProtocol) -> String {
    String(text.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
  }
}
