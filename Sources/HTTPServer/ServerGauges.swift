// How busy a server is.

/// How busy a server is at a moment.
public struct ServerGauges: Hashable, Sendable {
  /// Open connections, those above the cap that are being told so not counted.
  public var connections: Int
  /// Requests whose head has come and whose response is not sent yet; that of a stream is its head.
  public var requestsInFlight: Int
  /// Responses that go on.
  public var streams: Int
}
