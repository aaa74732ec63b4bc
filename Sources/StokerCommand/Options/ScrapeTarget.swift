// The address at which Prometheus scrapes Stoker.

import Addresses
import ServiceFile

extension SupervisorSection {
  /// The first TCP listener, as Prometheus can call it; nil where there is none. The wildcard addresses are for listening alone.
  var scrapeTarget: String? {
    for case .tcp(let host, let port) in listen {
      guard let literal = IPLiteral(host), literal.isWildcard else { return HostPort(host: host, port: port).description }
      let loopback = if case .v4 = literal { "127.0.0.1" } else { "::1" }
      return HostPort(host: discoveryAddress ?? loopback, port: port).description
    }
    return nil
  }
}
