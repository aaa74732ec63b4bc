// Requests as handlers get them: whole, checked and decoded.

import Addresses
import NIOHTTP1

/// One HTTP request that passed every check, with its whole body.
package struct Request: Sendable {
  /// The method as it was sent: `GET`, also `HEAD` where the route is a `GET`.
  package var method: String
  /// The path, percent-decoded segment by segment. A `%2F` stays as it is, so that a slash always parts segments.
  package var path: String
  /// The query's pairs in their order, decoded (`+` is a space); a name without `=` has an empty value.
  package var query: [(name: String, value: String)]
  /// The header fields, unchanged.
  package var headers: HTTPHeaders
  /// The body; never more than the route's limit.
  package var body: [UInt8]
  /// The client.
  package var peer: Peer
  /// The rights of the client.
  package var rights: Rights
  /// The listener that took the connection, with its real port.
  package var listener: ListenAddress

  /// Makes a request; servers do this, and tests of handlers.
  package init(
    method: String, path: String, query: [(name: String, value: String)] = [], headers: HTTPHeaders = [:], body: [UInt8] = [],
    peer: Peer = .unix(nil), rights: Rights = .control,
    listener: ListenAddress = .unix(path: "/")
  ) {
    self.method = method
    self.path = path
    self.query = query
    self.headers = headers
    self.body = body
    self.peer = peer
    self.rights = rights
    self.listener = listener
  }

  /// The host that the client called, a name or an address (IPv6 in brackets), without the port; nil over a Unix socket, where it has no meaning.
  package var host: String? {
    guard case .tcp = listener, let authority = header("host").flatMap({ try? Authority(parsing: $0) }) else { return nil }
    return Authority(host: authority.host, port: nil).description
  }

  /// The first value of a query parameter, or nil.
  package func first(query name: String) -> String? {
    query.first { $0.name == name }?.value
  }

  /// The first value of a header field, whatever the case of its name, or nil.
  package func header(_ name: String) -> String? {
    headers.first(name: name)
  }
}
