// The checks that the head of a request must pass, in order.

import Addresses
import NIOCore
import NIOHTTP1

/// Decides from its head whether a request is served or refused. One for each connection.
struct RequestGate {
  let router: Router
  let hosts: HostPolicy
  let configuration: ServerConfiguration
  let peer: Peer
  let group: PeerGroup
  let listener: ListenAddress

  /// The rights of the client.
  var rights: Rights { .of(peer, on: listener, configuration.control) }

  /// The exchange with its plan. It never fails: a fault becomes a plan to refuse.
  func admit(_ head: HTTPRequestHead, at now: NIODeadline) -> Exchange {
    var pattern = "other"
    let plan: Exchange.Plan
    do throws(Turned) {
      plan = .run(try examine(head, pattern: &pattern))
    } catch {
      plan = .refuse(error.refusal)
    }
    return Exchange(head: head, plan: plan, pattern: pattern, started: now)
  }

  private func examine(_ head: HTTPRequestHead, pattern: inout String) throws(Turned) -> Exchange.Matched {
    guard head.uri.utf8.count <= configuration.maxTarget else {
      throw Turned(.targetTooLong(limit: configuration.maxTarget), .targetTooLong, closes: true)
    }
    let host = try self.host(of: head)
    if head.uri == "*", head.method == .OPTIONS {
      throw Turned(.methodNotAllowed("OPTIONS", allow: router.allowedMethods), nil)
    }
    let target: RequestTarget
    do throws(HTTPFault) { target = try RequestTarget(parsing: head.uri) } catch { throw Turned(error, .malformed, closes: true) }
    try checkHosts([host, target.authority])

    guard let place = router.place(of: target.rawSegments) else { throw Turned(.notFound(target.path), nil) }
    pattern = place.pattern
    let method = head.method.rawValue
    guard let route = place.routes.first(where: { $0.method == method }) ?? headRoute(method, place.routes) else {
      throw Turned(.methodNotAllowed(method, allow: Router.allowed(place.routes)), nil)
    }
    try checkAccess(route, place.parameters, target)
    if route.access == .control || (method != "GET" && method != "HEAD") {
      try checkSite(head, host: target.authority ?? host)
      try checkContentType(head)
    }
    try checkBody(head, route)
    return Exchange.Matched(route: route, parameters: place.parameters, target: target)
  }

  /// The Host header. HTTP/1.1 needs exactly one; HTTP/1.0, which no browser speaks, may do without.
  private func host(of head: HTTPRequestHead) throws(Turned) -> Authority? {
    let hosts = head.headers["host"]
    guard let host = hosts.first else {
      guard head.version == .http1_0 else { throw Turned(.malformed("the header Host is missing"), .malformed, closes: true) }
      return nil
    }
    guard hosts.count == 1, let authority = try? Authority(parsing: host) else {
      // On a Unix socket clients send anything, also an empty Host.
      if case .unix = peer, hosts.count == 1 { return nil }
      throw Turned(.malformed("the header Host must be one host name or address, perhaps with a port"), .malformed, closes: true)
    }
    return authority
  }

  /// The guard against rebinding, on listeners whose clients count as local. Another one answers everybody alike, by any name.
  private func checkHosts(_ authorities: [Authority?]) throws(Turned) {
    guard case .tcp = listener, listener.isLocal else { return }
    for case .some(let authority) in authorities {
      do throws(HTTPFault) { try hosts.check(authority) } catch { throw Turned(error, .forbiddenHost) }
    }
  }

  private func headRoute(_ method: String, _ routes: [Route]) -> Route? {
    method == "HEAD" ? routes.first { $0.method == "GET" } : nil
  }

  /// Checks the access to a route (rule 34).
  private func checkAccess(_ route: Route, _ parameters: PathParameters, _ target: RequestTarget) throws(Turned) {
    guard rights < route.access.needed else { return }
    guard rights >= .reading else { throw Turned(.remoteNotAllowed, .access) }
    let command = route.command(parameters, target)
    throw Turned(route.access == .output ? .outputNeedsControl(instead: command) : .controlNeedsSocket(instead: command), .access)
  }

  /// Refuses requests of other sites' pages: a browser names the page's site in `Origin`, which must be this server.
  private func checkSite(_ head: HTTPRequestHead, host: Authority?) throws(Turned) {
    if head.headers["sec-fetch-site"].contains(where: { $0.lowercased() == "cross-site" }) {
      throw Turned(.crossSite("a page of another web site may not ask for this"), .crossSite)
    }
    for origin in head.headers["origin"] {
      guard let host, Self.isSame(origin, host) else {
        let advice = "a proxy in front has to pass on the Host header (nginx: proxy_set_header Host $http_host)"
        throw Turned(.crossSite("a page of '\(origin)' may not ask '\(host.map(\.description) ?? "this server")'; \(advice)"), .crossSite)
      }
    }
  }

  private static func isSame(_ origin: String, _ host: Authority) -> Bool {
    for (scheme, defaultPort) in [("http://", 80), ("https://", 443)] where origin.lowercased().hasPrefix(scheme) {
      guard let authority = try? Authority(parsing: origin.dropFirst(scheme.count)) else { return false }
      return authority.host == host.host && authority.port ?? defaultPort == host.port ?? defaultPort
    }
    return false
  }

  /// Requires JSON: forms of other sites can send three content types without asking first, and JSON is none of them.
  private func checkContentType(_ head: HTTPRequestHead) throws(Turned) {
    let types = head.headers["content-type"]
    guard let type = types.first else {
      if head.hasBody { throw Turned(.notJSON, .notJSON) }
      return
    }
    let essence = type.prefix { $0 != ";" }.lowercased().filter { $0 != " " && $0 != "\t" }
    guard types.count == 1, essence == "application/json" else { throw Turned(.notJSON, .notJSON) }
  }

  private func checkBody(_ head: HTTPRequestHead, _ route: Route) throws(Turned) {
    if let length = head.headers.first(name: "content-length"), Int(length).map({ $0 > route.bodyLimit }) ?? true {
      throw Turned(.bodyTooLarge(limit: route.bodyLimit), .bodyTooLarge, closes: true)
    }
    if head.headers["expect"].contains(where: { $0.lowercased() != "100-continue" }) {
      throw Turned(.expectationFailed, nil, closes: true)
    }
  }
}

extension Access {
  fileprivate var needed: Rights {
    switch self {
    case .everywhere: .none
    case .read: .reading
    case .output, .control: .control
    }
  }
}

extension Route {
  /// The command line for these parameters. A name that a shell would not take as it is stays a placeholder.
  fileprivate func command(_ parameters: PathParameters, _ target: RequestTarget) -> String? {
    let wanted = target.query.filter { !["0", "false"].contains($0.value) }.compactMap { options[$0.name].map { " \($0)" } }.joined()
    let name = parameters["name"].flatMap { name in
      name.utf8.allSatisfy { $0.isLetterOrDigit || "_-.@".utf8.contains($0) } ? name : nil
    }
    return command.map { $0.replacing("{name}", with: name ?? "NAME") + wanted }
  }
}

extension UInt8 {
  fileprivate var isLetterOrDigit: Bool {
    switch self {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
    default: false
    }
  }
}

/// The error that carries a refusal out of the checks.
private struct Turned: Error {
  let refusal: Refusal

  init(_ fault: HTTPFault, _ reason: RejectReason?, closes: Bool = false) {
    refusal = Refusal(fault: fault, reason: reason, closes: closes)
  }
}

extension HTTPRequestHead {
  /// Whether a body follows the head.
  var hasBody: Bool {
    headers.contains(name: "transfer-encoding") || (headers.first(name: "content-length") ?? "0") != "0"
  }
}
