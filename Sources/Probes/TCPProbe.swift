// The settings of a TCP check.

/// A TCP connection, optionally with something said and something expected.
///
/// Without `expect`, a connection (and `send` written to it) passes. With it, the check passes as soon as what the other side
/// says contains these bytes, however they are cut into packets; at most 64 KiB are read.
package struct TCPProbe: Sendable, Equatable {
  /// A name, an IPv4 literal, or an IPv6 literal without brackets.
  package var host: String
  /// 1 to 65535.
  package var port: Int
  /// Written as soon as the connection stands.
  package var send: [UInt8]?
  /// Waited for; nil or empty = nothing is.
  package var expect: [UInt8]?

  /// A check of this address.
  package init(host: String, port: Int, send: [UInt8]? = nil, expect: [UInt8]? = nil) {
    self.host = host
    self.port = port
    self.send = send
    self.expect = expect
  }

  /// Reads `HOST:PORT` or `[V6]:PORT`, as a service file writes it.
  package init(parsing address: String, send: [UInt8]? = nil, expect: [UInt8]? = nil) throws(AddressError) {
    let authority = try Authority(parsing: address)
    guard let port = authority.port else { throw .noPort }
    self.init(host: authority.host, port: port, send: send, expect: expect)
  }
}
