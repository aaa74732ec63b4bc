// Clients that keep a connection and do not go on.

import HTTPServer
import Testing

@Suite("Deadlines", .timeLimit(.minutes(10)))
struct TimerTests {
  private static let short = Duration.milliseconds(150)

  @Test("a head that does not end is answered 408")
  func slowHead() async throws {
    try await withServer(configure: { $0.headerDeadline = Self.short }) { server in
      let answer = try await Self.answer { client in
        await client.send("GET /small HTTP/1.1\r\nHost: loc")
      } from: {
        try await server.client()
      }
      #expect(answer.hasPrefix("HTTP/1.1 408 "))
      #expect(answer.contains("\"request_timeout\""))
      await server.observer.rejection(.headerTimeout)
    }
  }

  @Test("bytes that trickle in do not extend the deadline of a head")
  func trickle() async throws {
    try await withServer(configure: { $0.headerDeadline = Self.short }) { server in
      let answer = try await Self.answer { client in
        await client.send("GET /small HTTP/1.1\r\n")
        // A byte now and then, until the server has had enough; it would never be a whole head.
        Task {
          while server.server.gauges.connections > 0 {
            await client.send("a")
            try await Task.sleep(for: .milliseconds(20))
          }
        }
      } from: {
        try await server.client()
      }
      #expect(answer.hasPrefix("HTTP/1.1 408 "))
    }
  }

  @Test("the deadline of a head counts on a kept connection too")
  func slowSecondHead() async throws {
    try await withServer(configure: { $0.headerDeadline = Self.short }) { server in
      let answer = try await Self.answer { client in
        guard try await client.ask("GET /small HTTP/1.1\r\nHost: localhost\r\n\r\n").status == 200 else { return }
        await client.send("GET")
      } from: {
        try await server.client()
      }
      #expect(answer.hasPrefix("HTTP/1.1 408 "))
    }
  }

  /// Everything that is answered after `begin`. On a loaded machine the deadline may have passed before we said a word, and then the
  /// connection is closed without one: that is tried again.
  private static func answer(
    _ begin: (RawClient) async throws -> Void, from connect: () async throws -> RawClient
  ) async throws -> String {
    while true {
      let client = try await connect()
      do { try await begin(client) } catch { continue }
      let (bytes, end) = try await client.rest()
      if bytes.isEmpty { continue }
      #expect(end == .closed)
      return text(bytes)
    }
  }

  @Test("a connection on which nothing comes is closed without a word")
  func silent() async throws {
    try await withServer(configure: { $0.headerDeadline = Self.short }) { server in
      let (bytes, end) = try await server.client().rest()
      #expect(bytes == [])
      #expect(end == .closed)
    }
  }

  @Test("a kept connection is closed when it is idle for too long")
  func idle() async throws {
    try await withServer(configure: { $0.idleTimeout = Self.short }) { server in
      let client = try await server.client()
      #expect(try await client.ask("GET /small HTTP/1.1\r\nHost: localhost\r\n\r\n").status == 200)
      let (bytes, end) = try await client.rest()
      #expect(bytes == [])
      #expect(end == .closed)
    }
  }

  @Test("a body that does not come is answered 408")
  func slowBody() async throws {
    try await withServer(configure: { $0.requestTimeout = Self.short }) { server in
      let client = try await server.client()
      await client.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{")
      #expect(text(try await client.rest().bytes).hasPrefix("HTTP/1.1 408 "))
      await server.observer.rejection(.bodyTimeout)
      await server.observer.answer("/echo", "POST", 408)
    }
  }

  @Test("a client that does not read its response is cut off, and others do not notice")
  func unread() async throws {
    try await withServer(configure: { $0.writeTimeout = Self.short }) { server in
      let client = try await server.client()
      await client.send("GET /huge HTTP/1.1\r\nHost: localhost\r\n\r\n")
      #expect(try await server.client().ask("GET /small HTTP/1.1\r\nHost: localhost\r\n\r\n").status == 200)
      await server.observer.rejection(.writeTimeout)
      let (bytes, _) = try await client.rest()
      #expect(bytes.count < 32 << 20)
    }
  }

  @Test("a client that goes on sending after its refusal is cut off")
  func linger() async throws {
    try await withServer(configure: { $0.lingerTimeout = Self.short }) { server in
      let client = try await server.client()
      await client.send("nonsense\r\n\r\n")
      #expect(text(try await client.rest().bytes).hasPrefix("HTTP/1.1 400 "))
      // Our side stays open: only the server's patience ends the connection, which the next bytes find out.
      let flood = [UInt8](repeating: 0x61, count: 1 << 20)
      while server.server.gauges.connections > 0 { await client.send(flood) }
      #expect(server.server.gauges.connections == 0)
    }
  }

  @Test("a request that takes its time has no deadline")
  func slowHandler() async throws {
    try await withServer(configure: {
      $0.idleTimeout = .milliseconds(50)
      $0.requestTimeout = .milliseconds(50)
      $0.writeTimeout = .milliseconds(50)
    }) { server in
      let client = try await server.client()
      await client.send("GET /wait HTTP/1.1\r\nHost: localhost\r\n\r\n")
      await server.handlers.started.wait()
      #expect(server.server.gauges.requestsInFlight == 1)
      // When this later one has been closed for its idleness, the time of each deadline has passed.
      let idle = try await server.client()
      #expect(try await idle.ask("GET /small HTTP/1.1\r\nHost: localhost\r\n\r\n").status == 200)
      #expect(try await idle.rest().end == .closed)
      server.handlers.release.set()
      #expect(try await client.response().text == "waited")
    }
  }
}
