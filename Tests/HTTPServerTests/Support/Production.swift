// Events of a stream's producer.

import HTTPServer
import Synchronization

final class Production: Sendable {
  private struct State {
    var accepted = 0
    var closed: StreamClosed?
  }

  let begun = Signal()
  let ended = Signal()
  private let state = Mutex(State())

  /// How many bytes were accepted.
  var accepted: Int { state.withLock { $0.accepted } }
  /// Why the stream took no more.
  var closed: StreamClosed? { state.withLock { $0.closed } }

  /// A route whose producer runs `body` and is written down here.
  func route(
    _ path: String, heartbeat: StreamHeartbeat? = nil, _ body: @escaping @Sendable (Production, StreamWriter) async throws -> Void
  ) -> Route {
    Route("GET", path) { [self] _, _ in
      .stream(contentType: "text/plain", heartbeat: heartbeat) { [self] writer in
        begun.set()
        defer { ended.set() }
        try await body(self, writer)
      }
    }
  }

  func write(_ bytes: [UInt8], to writer: StreamWriter) async throws(StreamClosed) {
    do throws(StreamClosed) {
      try await writer.write(bytes)
      state.withLock { $0.accepted += bytes.count }
    } catch {
      state.withLock { $0.closed = error }
      throw error
    }
  }

  /// Waits until the task is cancelled, then finds out why the stream is closed.
  func waitForEnd(_ writer: StreamWriter) async throws(StreamClosed) {
    let cancelled = Signal()
    await withTaskCancellationHandler {
      await cancelled.wait()
    } onCancel: {
      cancelled.set()
    }
    try await write([0], to: writer)
  }
}

extension RawClient {
  /// Asks for a stream and reads the head of the answer.
  func openStream(_ path: String, method: String = "GET", version: String = "1.1") async throws -> Reply {
    try await ask("\(method) \(path) HTTP/\(version)\r\nHost: localhost\r\n\r\n", toHead: true)
  }

  /// Reads chunks until there are enough of them.
  func chunks(until isEnough: @escaping @Sendable (ChunkedBody) -> Bool) async throws -> ChunkedBody {
    try await read { bytes in
      let (body, rest) = ChunkedBody.parse(bytes)
      return isEnough(body) ? (body, bytes.count - rest.count) : nil
    }
  }

  /// Reads what there is until the connection ends.
  func body() async throws -> ChunkedBody {
    ChunkedBody.parse(try await rest().bytes).body
  }
}
