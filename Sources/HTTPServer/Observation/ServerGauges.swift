// How busy a server is.

/// How busy a server is at a moment.
package struct ServerGauges: Hashable, Sendable {
  /// Open connections, those above the cap that are being told so not counted.
  package var connections: Int
  /// Requests whose head has come and whose response is not sent yet; that of a stream is its head.
  package var requestsInFlight: Int
  /// Responses that go on.
  package var streams: Int
}
