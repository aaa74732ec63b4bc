// Requests that two parsers could read in two ways, and what is no HTTP at all.

import HTTPServer
import Testing

@Suite("Malformed requests", .timeLimit(.minutes(10)))
struct MalformedTests {
  /// A second request hides in the body of the first, for a parser that measures otherwise.
  private static let hidden = "GET /small HTTP/1.1\r\nHost: localhost\r\n\r\n"
  private static let post = "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"

  @Test(
    "a request that could be read in two ways is answered 400 once, and the connection is closed",
    arguments: [
      post + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + hidden,
      post + "Content-Length: 0\r\nContent-Length: 44\r\n\r\n" + hidden,
      post + "Content-Length: 2, 2\r\n\r\n{}" + hidden,
      post + "Content-Length: +2\r\n\r\n{}" + hidden,
      post + "Content-Length: -2\r\n\r\n{}" + hidden,
      post + "Content-Length: 0x2\r\n\r\n{}" + hidden,
      post + "Content-Length : 2\r\n\r\n{}" + hidden,
      post + "Content-Length: 2 2\r\n\r\n{}" + hidden,
      post + "Content-Length: 99999999999999999999999\r\n\r\n{}" + hidden,
      post + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" + hidden,
      post + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + hidden,
      post + "Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n" + hidden,
      post + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}XX0\r\n\r\n" + hidden,
      "GET /small HTTP/1.1\r\nHost: localhost\r\nX: a\r\n b\r\n\r\n",
      "GET /small HTTP/1.1\nHost: localhost\n\n",
      "GET /small HTTP/1.1\r\nHost: localhost\r\nX: a\0b\r\n\r\n",
      "GET /small HTTP/1.1\r\nHost: localhost\r\nX y: a\r\n\r\n",
      "GET /small HTTP/1.1\r\nHost: localhost\r\n: a\r\n\r\n",
      "G\u{1}T /small HTTP/1.1\r\nHost: localhost\r\n\r\n",
      "GET /small HTTP/9.9\r\nHost: localhost\r\n\r\n",
      "GET /small HTTP/2.0\r\nHost: localhost\r\n\r\n",
      "GET /small\r\nHost: localhost\r\n\r\n",
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
      "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}",
      "GET /small HTTP/1.1\r\n\r\n",
      "GET /small HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n",
      "GET /small HTTP/1.1\r\nHost: localhost, localhost\r\n\r\n",
      "GET /small HTTP/1.1\r\nHost:\r\n\r\n",
      "GET /small HTTP/1.1\r\nHost: local host\r\n\r\n",
      "GET /small HTTP/1.1\r\nHost: localhost:123456\r\n\r\n",
      "GET /small HTTP/1.1\r\nHost: user@localhost\r\n\r\n",
      "GET small HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ])
  func refused(request: String) async throws {
    try await withServer { server in
      let bystander = try await server.client()
      let client = try await server.client()
      await client.send(request)
      let (bytes, end) = try await client.rest()
      let answer = text(bytes)
      #expect(answer.hasPrefix("HTTP/1.1 400 Bad Request\r\n"), "\(answer)")
      #expect(answer.split(separator: "Content-Length:").count == 2, "more than one answer: \(answer)")
      #expect(end == .closed)
      await server.observer.rejection(.malformed)
      #expect(try await bystander.ask("GET /small HTTP/1.1\r\nHost: localhost\r\n\r\n").status == 200)
    }
  }

  @Test(
    "a request that ends in the middle is dropped without harm",
    arguments: [
      "", "GET", "GET /small HTTP/1.1\r\nHost: loc", post + "Content-Length: 10\r\n\r\n{",
      post + "Transfer-Encoding: chunked\r\n\r\n5\r\n{",
    ])
  func halfRequests(request: String) async throws {
    try await withServer { server in
      let finished = try await server.client()
      await finished.send(request)
      finished.finish()
      #expect(try await finished.rest().bytes == [])

      let reset = try await server.client()
      await reset.send(request)
      reset.reset()
      #expect(try await server.client().ask("GET /small HTTP/1.1\r\nHost: localhost\r\n\r\n").status == 200)
    }
  }
}
