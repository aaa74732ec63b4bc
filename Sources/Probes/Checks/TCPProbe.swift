// The settings of a TCP check.

import Addresses

/// A TCP connection, optionally with something said and something expected.
///
/// Without `expect`, a connection (and `send` written to it) passes. With it, the check passes as soon as what the other side
/// says contains these bytes, however they are cut into packets; at most 64 KiB are read.
package struct TCPProbe: Sendable, Equatable {
  /// The server to connect to.
  package var address: HostPort
  /// Written as soon as the connection stands.
  package var send: [UInt8]?
  /// Waited for; nil or empty = nothing is.
  package var expect: [UInt8]?

  /// A check of this address.
  package init(address: HostPort, send: [UInt8]? = nil, expect: [UInt8]? = nil) {
    self.address = address
    self.send = send
    self.expect = expect
  }
}
