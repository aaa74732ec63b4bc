// The settings of a TCP check.

import Addresses

/// A TCP connection, optionally with bytes to send and bytes to expect.
///
/// Without `expect`, a connection (and `send` written to it) passes. With it, the check passes as soon as the answer
/// contains these bytes, however they are cut into packets; at most 64 KiB are read.
package struct TCPProbe: Sendable, Equatable {
  /// The server to connect to.
  package var address: HostPort
  /// Bytes that are written as soon as the connection stands.
  package var send: [UInt8]?
  /// Bytes that the answer must contain; nil or empty = none.
  package var expect: [UInt8]?

  /// A check of this address.
  package init(address: HostPort, send: [UInt8]? = nil, expect: [UInt8]? = nil) {
    self.address = address
    self.send = send
    self.expect = expect
  }
}
