// Everything that can be set about a server, with its defaults.

import Addresses

/// How a server listens, whom it trusts and where its limits are.
package struct ServerConfiguration: Sendable {
  /// Where to listen; all of them or none.
  package var listeners: [ListenAddress]
  /// Further names that a Host header may have, besides IP literals, `localhost` and the hosts of the listeners. Ports do not matter.
  package var allowedHosts: [String]
  /// Which local peers may use ``Access/control`` routes.
  package var control: ControlScope
  /// 1 (fast) to 9 (small).
  package var compressionLevel = 1
  /// Bodies of at most this many bytes are never compressed.
  package var compressionThreshold = 1024

  /// Connections at once; the next is answered 503. Unix sockets have as many of their own, so that nobody on TCP can lock the operator
  /// out.
  package var maxConnections = 1024
  /// Responses that go on at once; the next is answered 503. Unix sockets have as many of their own here too.
  package var maxStreams = 256
  /// Bytes of a header field, its name and value.
  package var maxHeaderField = 16 << 10
  /// Bytes of all header fields of a request.
  package var maxHeaders = 64 << 10
  /// Header fields of a request.
  package var maxHeaderFields = 100
  /// Bytes of a request's target.
  package var maxTarget = 8 << 10

  /// From the first byte of a request (of a new connection: from its opening) to the end of its head; then 408.
  package var headerDeadline: Duration = .seconds(10)
  /// How long a kept connection may be silent between two requests.
  package var idleTimeout: Duration = .seconds(60)
  /// From the end of a head to the end of its body; then 408.
  package var requestTimeout: Duration = .seconds(30)
  /// How long a client may take to read a response, and how long it may read nothing of a stream; then the connection is cut.
  package var writeTimeout: Duration = .seconds(30)
  /// How long what a client still sends is read and thrown away after the last response, so that it gets to read that one.
  package var lingerTimeout: Duration = .seconds(2)

  /// A configuration with the defaults above.
  package init(listeners: [ListenAddress], allowedHosts: [String] = [], control: ControlScope = .loopback) {
    self.listeners = listeners
    self.allowedHosts = allowedHosts
    self.control = control
  }
}
