// The names by which a request may call a local listener (rule 35): the guard against DNS rebinding.

import Addresses

/// The allowed names. A page of another site can make its own name resolve to this machine, and its requests then count as of the same
/// origin; the Host header still has that site's name. IP literals cannot be rebound.
struct HostPolicy: Sendable {
  private let names: Set<String>

  init(_ configuration: ServerConfiguration) {
    var names: Set<String> = ["localhost"]
    for case .tcp(let host, _) in configuration.listeners { names.insert(host.lowercased()) }
    for name in configuration.allowedHosts { names.insert((try? Authority(parsing: name))?.host ?? name.lowercased()) }
    self.names = names
  }

  func check(_ authority: Authority) throws(HTTPFault) {
    // A name may be written with the root's dot at its end.
    let host = authority.host.hasSuffix(".") ? String(authority.host.dropLast()) : authority.host
    guard !names.contains(host), IPLiteral(host) == nil else { return }
    throw HTTPFault(
      status: 403, code: "forbidden_host",
      message: "the host name '\(host)' is not allowed here; add it to allowed_hosts, or use an IP address or localhost")
  }
}
