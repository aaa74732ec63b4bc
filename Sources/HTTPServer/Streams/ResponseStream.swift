// How the body of a response that goes on is made.

/// A body whose bytes are not there yet.
final class ResponseStream: Sendable {
  let heartbeat: StreamHeartbeat?
  let produce: @Sendable (StreamWriter) async throws -> Void

  init(heartbeat: StreamHeartbeat?, produce: @escaping @Sendable (StreamWriter) async throws -> Void) {
    self.heartbeat = heartbeat
    self.produce = produce
  }
}
