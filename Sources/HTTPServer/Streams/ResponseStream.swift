// Bodies of streamed responses.

/// A body that its producer writes while it is sent.
final class ResponseStream: Sendable {
  let heartbeat: StreamHeartbeat?
  let produce: @Sendable (StreamWriter) async throws -> Void

  init(heartbeat: StreamHeartbeat?, produce: @escaping @Sendable (StreamWriter) async throws -> Void) {
    self.heartbeat = heartbeat
    self.produce = produce
  }
}
