// Requests that are too long, too large or too many.

import HTTPServer
import Testing

@Suite("Limits", .timeLimit(.minutes(10)))
struct LimitTests {
  @Test(
    "what is too large is answered at once with its own status, and the connection is closed",
    arguments: [
      ("a field", "GET /small HTTP/1.1\r\nHost: localhost\r\nX: \(String(repeating: "a", count: 17 << 10))\r\n\r\n", 431),
      ("a 200 KB field without an end", "GET /small HTTP/1.1\r\nHost: localhost\r\nX: \(String(repeating: "a", count: 200 << 10))", 431),
      ("the name of a field", "GET /small HTTP/1.1\r\nHost: localhost\r\n\(String(repeating: "a", count: 17 << 10)): x\r\n\r\n", 431),
      (
        "all fields together",
        "GET /small HTTP/1.1\r\nHost: localhost\r\n"
          + String(repeating: "X: \(String(repeating: "a", count: 15 << 10))\r\n", count: 6) + "\r\n", 431
      ),
      ("the number of fields", "GET /small HTTP/1.1\r\nHost: localhost\r\n" + String(repeating: "X: a\r\n", count: 100) + "\r\n", 431),
      (
        "the trailers of a chunked body",
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
          + "Transfer-Encoding: chunked\r\n\r\n0\r\nX: \(String(repeating: "a", count: 17 << 10))\r\n\r\n", 431
      ),
      ("the target, a little", "GET /\(String(repeating: "a", count: 8 << 10)) HTTP/1.1\r\nHost: localhost\r\n\r\n", 414),
      ("the target, much", "GET /\(String(repeating: "a", count: 100 << 10)) HTTP/1.1\r\nHost: localhost\r\n\r\n", 414),
      ("the target, without an end", "GET /\(String(repeating: "a", count: 9 << 10))", 414),
      ("a length", "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1001\r\n\r\n", 413),
      (
        "a length beyond all measure",
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
          + "Content-Length: 18446744073709551615\r\n\r\n", 413
      ),
      (
        "chunks",
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
          + "1F4\r\n\(String(repeating: "a", count: 500))\r\n1F5\r\n\(String(repeating: "a", count: 501))\r\n", 413
      ),
    ])
  func tooLarge(what: String, request: String, status: Int) async throws {
    try await withServer { server in
      let client = try await server.client()
      let reply = try await client.ask(request)
      #expect(reply.status == status, "\(what)")
      #expect(reply["connection"] == "close")
      #expect(try await client.rest().bytes == [])
      let reason: RejectReason = status == 431 ? .headersTooLarge : status == 414 ? .targetTooLong : .bodyTooLarge
      await server.observer.rejection(reason)
    }
  }

  @Test("what is just within the limits is served")
  func withinLimits() async throws {
    try await withServer { server in
      let client = try await server.client()
      let fields = String(repeating: "X: \(String(repeating: "a", count: 15 << 10))\r\n", count: 4)
      #expect(try await client.ask("GET /small HTTP/1.1\r\nHost: localhost\r\n\(fields)\r\n").status == 200)
      let many = String(repeating: "X: a\r\n", count: 99)
      #expect(try await client.ask("GET /small HTTP/1.1\r\nHost: localhost\r\n\(many)\r\n").status == 200)
      let name = String(repeating: "a", count: (8 << 10) - 6)
      #expect(try await client.ask("GET /item/\(name) HTTP/1.1\r\nHost: localhost\r\n\r\n").status == 200)
      let body = String(repeating: "1", count: 1000)
      let post = "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n"
      #expect(try await client.ask(post + body).text == "[\(body)]")
    }
  }

  @Test("a client that sends a body of megabytes to the end still reads the refusal")
  func largeBodyRefused() async throws {
    try await withServer { server in
      let client = try await server.client()
      await client.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 8000000\r\n\r\n")
      await client.send([UInt8](repeating: 0x20, count: 8_000_000))
      #expect(try await client.response().status == 413)
      client.finish()
      #expect(try await client.rest().end == .closed)
    }
  }

  @Test("a request with a body that is refused ends the connection, so that the body is not taken for a request")
  func refusedBody() async throws {
    try await withServer { server in
      let client = try await server.client()
      let hidden = "GET /small HTTP/1.1\r\nHost: localhost\r\n\r\n"
      await client.send("POST /nowhere HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(hidden.utf8.count)\r\n\r\n" + hidden)
      #expect(try await client.response().status == 404)
      #expect(try await client.rest().bytes == [])
    }
  }
}
