// A server with the routes that the tests ask for.

import Addresses
import Glibc
import HTTPServer
import Synchronization

struct TestServer: Sendable {
  let server: HTTPServer
  let addresses: [ListenAddress]
  let observer: Recorder
  let handlers: HandlerLog

  var address: ListenAddress { addresses[0] }

  func client() async throws -> RawClient { try await RawClient(address) }
}

/// Starts a server on a port of the kernel's choice, runs `body`, stops the server.
func withServer(
  _ listeners: [ListenAddress] = [.tcp(host: "127.0.0.1", port: 0)],
  routes: [Route] = [],
  configure: (inout ServerConfiguration) -> Void = { _ in },
  _ body: (TestServer) async throws -> Void
) async throws {
  var configuration = ServerConfiguration(listeners: listeners)
  configure(&configuration)
  let observer = Recorder()
  let handlers = HandlerLog()
  let server = HTTPServer(configuration: configuration, routes: testRoutes(handlers) + routes, observer: observer)
  let addresses = try await server.start()
  do {
    try await body(TestServer(server: server, addresses: addresses, observer: observer, handlers: handlers))
  } catch {
    await server.stop(grace: .zero)
    throw error
  }
  await server.stop(grace: .zero)
}

/// Events of the handlers of `/wait` and `/endless`.
final class HandlerLog: Sendable {
  let started = Signal()
  let release = Signal()
  let cancelled = Signal()
}

/// Something that happens once and can be waited for, by any number of tasks, before or after.
final class Signal: Sendable {
  var isSet: Bool { state.withLock(\.isSet) }

  private struct State {
    var isSet = false
    var waiters: [CheckedContinuation<Void, Never>] = []
  }

  private let state = Mutex(State())

  func set() {
    let waiters = state.withLock { state in
      state.isSet = true
      defer { state.waiters = [] }
      return state.waiters
    }
    for waiter in waiters { waiter.resume() }
  }

  func wait() async {
    await withCheckedContinuation { continuation in
      let isSet = state.withLock { state in
        if !state.isSet { state.waiters.append(continuation) }
        return state.isSet
      }
      if isSet { continuation.resume() }
    }
  }
}

let small = String(repeating: "small ", count: 66)
let large = String(repeating: "a line of a large page that compresses well\n", count: 5000)

private func testRoutes(_ log: HandlerLog) -> [Route] {
  [
    Route("GET", "/small") { _, _ in .text(small) },
    Route("GET", "/large") { _, _ in .text(large) },
    Route("GET", "/huge") { _, _ in .bytes([UInt8](repeating: 7, count: 32 << 20), contentType: "application/octet-stream") },
    Route("GET", "/metrics", access: .everywhere) { _, _ in .text("up 1\n") },
    Route("GET", "/same") { _, _ in Response(status: 304, body: Array(large.utf8)).setting("ETag", to: "W/\"1\"") },
    Route("GET", "/small-same") { _, _ in Response(status: 304, body: Array(small.utf8)).setting("ETag", to: "W/\"1\"") },
    Route("GET", "/chosen") { _, _ in .text(large).setting("Vary", to: "Accept, Accept-Encoding") },
    Route("GET", "/encoded") { _, _ in .text(large).setting("Content-Encoding", to: "identity") },
    Route("GET", "/split") { _, _ in .text("x").setting("X-Name", to: "a\r\nSet-Cookie: b") },
    Route("GET", "/item/{name}") { request, parameters in .text("\(request.path) \(parameters["name"] ?? "nil")") },
    Route("GET", "/item/fixed") { _, _ in .text("the fixed one") },
    Route("GET", "/query") { request, _ in .text(request.query.map { "\($0.name)=\($0.value)" }.joined(separator: ";")) },
    Route("GET", "/peer") { request, _ in .text("\(request.peer.text()) \(request.listener)") },
    Route("GET", "/secret", access: .control) { _, _ in .text("secret") },
    Route("GET", "/lines/{name}", access: .output, command: "stoker logs {name}") { _, _ in .text("lines") },
    Route("POST", "/echo", access: .control, bodyLimit: 1000) { request, _ in .text("[\(text(request.body))]") },
    Route("DELETE", "/echo", access: .control) { _, _ in Response(status: 204) },
    Route("GET", "/wait") { _, _ in
      log.started.set()
      await log.release.wait()
      return .text("waited")
    },
    Route("GET", "/endless") { _, _ in
      log.started.set()
      await withTaskCancellationHandler {
        await log.cancelled.wait()
      } onCancel: {
        log.cancelled.set()
      }
      return .text("cancelled")
    },
  ]
}
