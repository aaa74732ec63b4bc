// Ordinary requests and their answers.

import HTTPServer
import Testing

@Suite("Requests", .timeLimit(.minutes(10)))
struct RequestTests {
  @Test("a connection serves one request after the other")
  func keepAlive() async throws {
    try await withServer { server in
      let client = try await server.client()
      for _ in 0..<3 {
        let reply = try await client.ask("GET /small HTTP/1.1\r\nHost: localhost\r\n\r\n")
        #expect(reply.status == 200)
        #expect(reply.text == small)
        #expect(reply["connection"] == nil)
        #expect(reply["content-type"] == "text/plain; charset=utf-8")
      }
      #expect(server.server.gauges.connections == 1)
      await server.observer.answer("/small", "GET", 200)
    }
  }

  @Test("requests sent ahead are answered in their order, those that are refused too")
  func pipelining() async throws {
    try await withServer { server in
      let client = try await server.client()
      let paths = (0..<300).map { $0 % 3 == 0 ? "/nowhere" : "/item/\($0)" }
      await client.send(paths.map { "GET \($0) HTTP/1.1\r\nHost: localhost\r\n\r\n" }.joined())
      for (index, path) in paths.enumerated() {
        let reply = try await client.response()
        #expect(reply.status == (index % 3 == 0 ? 404 : 200))
        #expect(reply.text.contains(index % 3 == 0 ? "/nowhere" : path))
      }
    }
  }

  @Test("a broken request behind a good one leaves the good one its answer")
  func pipelinedGarbage() async throws {
    try await withServer { server in
      let client = try await server.client()
      await client.send("GET /small HTTP/1.1\r\nHost: localhost\r\n\r\n\u{1}garbage\r\n\r\n")
      #expect(try await client.response().text == small)
      let second = try await client.response()
      #expect(second.status == 400)
      #expect(second["connection"] == "close")
      #expect(try await client.rest().end == .closed)
    }
  }

  @Test("HEAD is answered as GET is, without the body")
  func head() async throws {
    try await withServer { server in
      let client = try await server.client()
      for encoding in ["", "Accept-Encoding: gzip\r\n"] {
        let get = try await client.ask("GET /large HTTP/1.1\r\nHost: localhost\r\n\(encoding)\r\n")
        let head = try await client.ask("HEAD /large HTTP/1.1\r\nHost: localhost\r\n\(encoding)\r\n", toHead: true)
        #expect(head.head == get.head)
      }
      let missing = try await client.ask("HEAD /nowhere HTTP/1.1\r\nHost: localhost\r\n\r\n", toHead: true)
      #expect(missing.status == 404)
      #expect(try await client.ask("GET /small HTTP/1.1\r\nHost: localhost\r\n\r\n").text == small)
    }
  }

  @Test("an unknown path is answered 404 in JSON")
  func notFound() async throws {
    try await withServer { server in
      let client = try await server.client()
      let reply = try await client.ask("GET /no%22where HTTP/1.1\r\nHost: localhost\r\n\r\n")
      #expect(reply.status == 404)
      #expect(reply["content-type"] == "application/json; charset=utf-8")
      #expect(reply.text == #"{"success":false,"error":"not_found","message":"there is nothing at /no\"where"}"# + "\n")
      await server.observer.answer("other", "GET", 404)
    }
  }

  @Test(
    "a known path with another method is answered 405 with Allow",
    arguments: [
      ("POST", "/small", "GET, HEAD"), ("OPTIONS", "/echo", "DELETE, POST"), ("GET", "/echo", "DELETE, POST"),
      ("OPTIONS", "*", "DELETE, GET, HEAD, POST"), ("PURGE", "/small", "GET, HEAD"),
    ])
  func methodNotAllowed(method: String, path: String, allow: String) async throws {
    try await withServer { server in
      let client = try await server.client()
      let reply = try await client.ask("\(method) \(path) HTTP/1.1\r\nHost: localhost\r\n\r\n")
      #expect(reply.status == 405)
      #expect(reply["allow"] == allow)
      #expect(try await client.ask("GET /small HTTP/1.1\r\nHost: localhost\r\n\r\n").status == 200)
    }
  }

  @Test("HTTP/1.0 closes unless it asks to be kept, and needs no Host")
  func http10() async throws {
    try await withServer { server in
      let first = try await server.client()
      await first.send("GET /small HTTP/1.0\r\n\r\n")
      let (bytes, end) = try await first.rest()
      #expect(text(bytes).hasPrefix("HTTP/1.0 200 OK\r\n"))
      #expect(end == .closed)

      let second = try await server.client()
      let kept = try await second.ask("GET /small HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
      #expect(kept["connection"] == "keep-alive")
      #expect(try await second.ask("GET /small HTTP/1.0\r\n\r\n")["connection"] == "close")
    }
  }

  @Test("Connection: close is honoured")
  func close() async throws {
    try await withServer { server in
      let client = try await server.client()
      #expect(try await client.ask("GET /small HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")["connection"] == "close")
      #expect(try await client.rest().end == .closed)
    }
  }

  @Test("an offer to upgrade is not taken, and the connection does not hang after it")
  func upgrade() async throws {
    try await withServer { server in
      let client = try await server.client()
      let request =
        "GET /small HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAM\r\n\r\n"
      let reply = try await client.ask(request)
      #expect(reply.status == 200)
      #expect(reply["connection"] == "close")
      #expect(try await client.rest().end == .closed)
    }
  }

  @Test("a body comes whole, with a length or in chunks")
  func body() async throws {
    try await withServer { server in
      let client = try await server.client()
      let head = "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json; charset=utf-8\r\n"
      #expect(try await client.ask(head + "Content-Length: 5\r\n\r\n[1,2]").text == "[[1,2]]")
      #expect(try await client.ask(head + "Transfer-Encoding: chunked\r\n\r\n3\r\n[1,\r\n2\r\n2]\r\n0\r\n\r\n").text == "[[1,2]]")
      #expect(try await client.ask("POST /echo HTTP/1.1\r\nHost: localhost\r\n\r\n").text == "[]")
      #expect(try await client.ask("DELETE /echo HTTP/1.1\r\nHost: localhost\r\n\r\n").status == 204)
    }
  }

  @Test("a client that waits for 100 Continue gets it, or at once the refusal")
  func expectContinue() async throws {
    try await withServer { server in
      let client = try await server.client()
      let head = "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nExpect: 100-continue\r\n"
      #expect(try await client.ask(head + "Content-Length: 2\r\n\r\n").head == "HTTP/1.1 100 Continue")
      #expect(try await client.ask("{}").text == "[{}]")
      let refused = try await client.ask(head + "Content-Length: 1001\r\n\r\n")
      #expect(refused.status == 413)
      #expect(refused["connection"] == "close")

      let other = try await server.client()
      #expect(try await other.ask("GET /small HTTP/1.1\r\nHost: localhost\r\nExpect: miracles\r\n\r\n").status == 417)
    }
  }

  @Test(
    "paths are matched before they are decoded, so an encoded slash is part of a name",
    arguments: [
      ("/item/plain", 200, "/item/plain plain"), ("/item/a%2Fb", 200, "/item/a%2Fb a/b"), ("/item/..", 200, "/item/.. .."),
      ("/item/fixed", 200, "the fixed one"), ("/item/%66ixed", 200, "/item/fixed fixed"),
      ("/item/gr%C3%B6%C3%9Fe", 200, "/item/größe größe"),
      ("/item/a+b", 200, "/item/a+b a+b"), ("/item/", 404, "not_found"), ("/item/a/b", 404, "not_found"), ("/small/", 404, "not_found"),
      ("//small", 404, "not_found"), ("/item/%zz", 400, "bad_request"), ("/item/%", 400, "bad_request"), ("/item/%00", 400, "bad_request"),
      ("/item/%ff", 400, "bad_request"), ("/", 404, "not_found"), ("http://localhost/item/x?y=z", 200, "/item/x x"),
      ("/query?name[]=a%26b&name%5B%5D=c+d&e&=f&", 200, "name[]=a&b;name[]=c d;e=;=f"), ("/query?a=%4", 400, "bad_request"),
      ("ftp://localhost/small", 400, "bad_request"), ("/small#part", 400, "bad_request"),
    ])
  func paths(path: String, status: Int, answer: String) async throws {
    try await withServer { server in
      let reply = try await server.client().ask("GET \(path) HTTP/1.1\r\nHost: localhost\r\n\r\n")
      #expect(reply.status == status)
      #expect(status == 200 ? reply.text == answer : reply.text.contains("\"\(answer)\""))
    }
  }

  @Test("a handler's line break in a header field is answered 500, not sent")
  func responseSplitting() async throws {
    try await withServer { server in
      let reply = try await server.client().ask("GET /split HTTP/1.1\r\nHost: localhost\r\n\r\n")
      #expect(reply.status == 500)
      #expect(reply["set-cookie"] == nil)
      #expect(reply.text.contains("\"internal_error\""))
    }
  }

  @Test("the handler knows who asks and where")
  func peer() async throws {
    try await withServer { server in
      let reply = try await server.client().ask("GET /peer HTTP/1.1\r\nHost: localhost\r\n\r\n")
      #expect(reply.text.hasPrefix("127.0.0.1:"))
      #expect(reply.text.hasSuffix(" \(server.address)"))
    }
  }
}
