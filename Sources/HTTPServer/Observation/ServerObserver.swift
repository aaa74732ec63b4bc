// Reports of a server to a counter.

/// Receives every answer and every refusal. The calls come on the event loop, so an observer only counts and returns.
package protocol ServerObserver: Sendable {
  /// A request whose head could be read has been answered, also with a fault. A stream is reported when it begins.
  ///
  /// - Parameters:
  ///   - pattern: the route's pattern, `other` where none matched: bounded, fit for a label.
  ///   - method: the method, `other` for an unusual one.
  ///   - status: the status that was sent.
  ///   - seconds: from the end of the head to the handing over of the response's last byte to the kernel; for a stream, of its first byte.
  ///   - trace: the trace that the request belongs to, where it is recorded: 32 hexadecimal digits (W3C Trace Context).
  func answered(pattern: String, method: String, status: Int, seconds: Double, trace: String?)

  /// A request or a connection has been refused. Where its head could be read, ``answered(pattern:method:status:seconds:trace:)`` is called
  /// too.
  func rejected(reason: RejectReason)
}

/// The reason why a request or a connection was refused; the raw value is fit for a label.
package enum RejectReason: String, Sendable, CaseIterable {
  /// 503: as many connections as there may be.
  case connectionLimit = "connection_limit"
  /// 503: the client has its share of connections or streams.
  case peerLimit = "peer_limit"
  /// 503: too much waits for slow readers.
  case waitingLimit = "waiting_limit"
  /// The response was read too slowly while others needed its memory; the connection is cut.
  case waitingCut = "waiting_cut"
  /// 400: no request that this server reads, or none or several Hosts.
  case malformed
  /// 431: a header field too large, too many of them.
  case headersTooLarge = "headers_too_large"
  /// 414: the target is too long.
  case targetTooLong = "target_too_long"
  /// 413: the body is over the route's limit.
  case bodyTooLarge = "body_too_large"
  /// The head did not come in time: 408, or closed where no byte had come.
  case headerTimeout = "header_timeout"
  /// 408: the body did not come in time.
  case bodyTimeout = "body_timeout"
  /// The response was not read in time; the connection is cut.
  case writeTimeout = "write_timeout"
  /// 503: as many streams as there may be.
  case streamLimit = "stream_limit"
  /// The client read nothing of a stream for too long; the connection is cut.
  case streamTimeout = "stream_timeout"
  /// 403: a Host that is not this server's.
  case forbiddenHost = "forbidden_host"
  /// 403: a request of another web site's page.
  case crossSite = "cross_site"
  /// 403: not from this listener or peer.
  case access
  /// 415: a body that is not JSON.
  case notJSON = "not_json"
}
