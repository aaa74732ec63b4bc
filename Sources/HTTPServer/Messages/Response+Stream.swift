// Streamed responses.

import NIOHTTP1

extension Response {
  /// A response whose body goes on until the producer returns.
  ///
  /// The producer runs in a task of its own once the head is on its way. The task is cancelled when the client leaves (one that only closes
  /// its own side still reads), when it reads nothing for ``ServerConfiguration/writeTimeout``, and when the server stops; a producer that
  /// waits for something else than the writer has to watch for that. The body ends properly when the producer returns; if it throws while the client is
  /// there, the connection is closed in the middle of the body, so that the client sees that a part is missing.
  ///
  /// Streams are not compressed, proxies are asked not to keep them back, and a stream is the last response of its connection. `HEAD` is
  /// answered without running the producer. When there are ``ServerConfiguration/maxStreams`` already, the answer is 503, and the producer
  /// does not run.
  /// - Parameters:
  ///   - contentType: the type of the whole body.
  ///   - status: 200 to 599, but not 204 or 304, which have no body.
  ///   - heartbeat: the bytes for times when nothing else is sent.
  ///   - produce: writes the body, chunk by chunk; each is flushed.
  package static func stream(
    contentType: String, status: Int = 200, heartbeat: StreamHeartbeat? = nil,
    _ produce: @escaping @Sendable (StreamWriter) async throws -> Void
  ) -> Response {
    // nginx collects 4 or 8 KiB of an answer unless this field forbids it; other proxies know it too (nginx's ngx_http_proxy_module).
    let headers: HTTPHeaders = ["Content-Type": contentType, "Cache-Control": "no-store", "X-Accel-Buffering": "no"]
    var response = Response(status: status, headers: headers, parts: [])
    response.stream = ResponseStream(heartbeat: heartbeat, produce: produce)
    return response
  }

  /// A response whose body is the chunks of a sequence, which produces the next one when the client has room for it.
  ///
  /// It is iterated once, in a task of its own that ends as that of a producer does; its iterator should end on cancellation, as that of
  /// `AsyncStream` does. If it throws, the body is left unfinished.
  package static func stream<Chunks: AsyncSequence & Sendable>(
    contentType: String, status: Int = 200, heartbeat: StreamHeartbeat? = nil, _ chunks: Chunks
  ) -> Response where Chunks.Element == [UInt8] {
    .stream(contentType: contentType, status: status, heartbeat: heartbeat) { writer in
      for try await chunk in chunks { try await writer.write(chunk) }
    }
  }
}
