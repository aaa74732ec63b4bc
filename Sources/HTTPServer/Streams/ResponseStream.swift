// Bodies of streamed responses.

/// A body that its producer writes while it is sent.
final class ResponseStream: Sendable {
  let heartbeat: StreamHeartbeat?
  /// Whether it ends without the client's help.
  let endsByItself: Bool
  let produce: @Sendable (StreamWriter) async throws -> Void

  init(heartbeat: StreamHeartbeat?, endsByItself: Bool, produce: @escaping @Sendable (StreamWriter) async throws -> Void) {
    self.heartbeat = heartbeat
    self.endsByItself = endsByItself
    self.produce = produce
  }
}
