// The settings of a server, with their defaults.

import Addresses

/// Listeners, trust and limits of a server.
package struct ServerConfiguration: Sendable {
  /// The addresses to listen on: all of them or none.
  package var listeners: [ListenAddress]
  /// Further names that a Host header may have, in addition to IP literals, `localhost` and the hosts of the listeners. Ports do not matter.
  package var allowedHosts: [String]
  /// The local peers that may use ``Access/control`` and ``Access/output`` routes.
  package var control: ControlScope
  /// The level of compression, 1 (fast) to 9 (small).
  package var compressionLevel = 1
  /// Bodies of at most this many bytes are never compressed.
  package var compressionThreshold = 1024

  /// Connections at once; the next is answered 503. A peer has a share of them (see Shares). Unix sockets have as many of their own, so
  /// that no client on TCP can lock the operator out.
  package var maxConnections = 1024
  /// Streams at once; the next is answered 503. A peer has a share. Unix sockets have as many of their own here too.
  package var maxStreams = 256
  /// Bytes of all responses together that wait for their readers; see WaitingBodies.
  package var maxWaiting = 32 << 20
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
  /// The time for a client to read a response, and the time for which it may read nothing of a stream; then the connection is cut.
  package var writeTimeout: Duration = .seconds(30)
  /// How long further bytes of a client are read and dropped after the last response, so that the client can read that one.
  package var lingerTimeout: Duration = .seconds(2)

  /// A configuration with the defaults above.
  package init(listeners: [ListenAddress], allowedHosts: [String] = [], control: ControlScope = .loopback) {
    self.listeners = listeners
    self.allowedHosts = allowedHosts
    self.control = control
  }
}
