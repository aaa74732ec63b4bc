// The load of a server.

/// The load of a server at a moment.
package struct ServerGauges: Hashable, Sendable {
  /// Open connections, without those above the cap.
  package var connections: Int
  /// Requests whose head has come and whose response is not sent yet; for a stream its head counts as the response.
  package var requestsInFlight: Int
  /// Open streams.
  package var streams: Int
  /// Bytes of responses that wait for their readers, with what streams may have accepted.
  package var waitingBytes: Int
}
