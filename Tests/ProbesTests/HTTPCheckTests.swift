// HTTP checks against a real server: what passes, what fails, and with which sentence.

import Addresses
import Testing

@testable import Probes

@Suite("HTTP check") struct HTTPCheckTests {
  private func run(_ probe: HTTPProbe, timeout: Duration = generous) async -> ProbeResult {
    await prober().run(.http(probe), timeout: timeout)
  }

  /// Checks a server with this script.
  private func check(
    timeout: Duration = generous, adjust: (inout HTTPProbe) throws -> Void = { _ in }, script: @escaping ScriptedServer.Script,
    expect: (ProbeResult) throws -> Void
  ) async throws {
    try await withServer(script: script) { server in
      var probe = HTTPProbe(url: try server.url())
      try adjust(&probe)
      try expect(await run(probe, timeout: timeout))
    }
  }

  @Test("a 200 passes, and the time it took is told")
  func passes() async throws {
    try await check {
      $1.answer("200 OK", "fine")
    } expect: { outcome in
      #expect(outcome.passed)
      #expect(outcome.message == "status 200")
      #expect(outcome.details == nil)
      #expect(outcome.responseTime > .zero && outcome.responseTime < generous)
    }
  }

  @Test("the request names the host with its port, Stoker, and that the connection ends with it")
  func request() async throws {
    try await withServer {
      $1.answer()
    } body: { server in
      let probe = HTTPProbe(
        url: try server.url("/health?deep=1"), headers: [.init("X-Token", "a b"), .init("accept", "text/plain")])
      #expect(await run(probe).passed)
      let expected = """
        GET /health?deep=1 HTTP/1.1\r\nX-Token: a b\r\naccept: text/plain\r\nHost: 127.0.0.1:\(server.port)\r\nUser-Agent: stoker/1\r
        Connection: close\r\n\r\n
        """
      #expect(server.seen.all == [expected])
    }
  }

  @Test("a POST announces an empty body, and a host of one's own replaces the URL's")
  func post() async throws {
    try await withServer {
      $1.answer()
    } body: { server in
      let probe = HTTPProbe(url: try server.url(), method: "POST", headers: [.init("Host", "fog.example")])
      #expect(await run(probe).passed)
      let request = try #require(server.seen.all.first)
      #expect(request.hasPrefix("POST /health HTTP/1.1\r\nHost: fog.example\r\n"))
      #expect(request.contains("Content-Length: 0\r\n"))
      #expect(!request.lowercased().contains("chunked"))
    }
  }

  @Test("a HEAD whose answer announces a body is over with the head")
  func head() async throws {
    try await check {
      $0.method = "HEAD"
    } script: {
      $1.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    } expect: {
      #expect($0.passed)
    }
  }

  @Test(
    "only the expected statuses pass",
    arguments: [
      ("503 Service Unavailable", [200...299], false, "status 503, expected 200-299"),
      ("204 No Content", [200...200, 204...206], true, "status 204"),
      ("404 Not Found", [200...200, 204...206], false, "status 404, expected 200, 204-206"),
      ("404 Not Found", [404...404], true, "status 404"),
    ])
  func status(status: String, expected: [ClosedRange<Int>], passed: Bool, message: String) async throws {
    try await check {
      $0.status = expected
    } script: {
      $1.send("HTTP/1.1 \(status)\r\nConnection: close\r\n\r\n")
      $1.close()
    } expect: {
      #expect($0.passed == passed)
      #expect($0.message == message)
    }
  }

  @Test("a 100 Continue before the answer is passed over")
  func informational() async throws {
    try await check {
      $1.send("HTTP/1.1 100 Continue\r\n\r\n")
      $1.answer("200 OK")
    } expect: {
      #expect($0.message == "status 200")
    }
  }

  @Test("line ends without a carriage return are taken, in an interim answer too, and a body is left as it is", arguments: [1, 7, 1000])
  func bareNewlines(pieces: Int) async throws {
    let answer = Array(
      "HTTP/1.1 103 Early Hints\nLink: <a>\n\nHTTP/1.1 200 OK\nX-Mixed: a\r\nContent-Length: 12\n\n\n\r\none\ntwo\n\n".utf8)
    try await check {
      $0.body = try Pattern("^two$")
    } script: {
      var rest = answer[...]
      while !rest.isEmpty {
        $1.send(String(decoding: rest.prefix(pieces), as: UTF8.self))
        rest = rest.dropFirst(pieces)
      }
    } expect: {
      #expect($0.message == "status 200")
      #expect($0.passed)
    }
  }

  @Test("a body that matches the pattern passes, another does not, and is not quoted")
  func body() async throws {
    let script: ScriptedServer.Script = { $1.answer("200 OK", "state: secret\n") }
    try await check(adjust: { $0.body = try Pattern("^state: +[a-z]+$") }, script: script) { #expect($0.passed) }
    try await check(adjust: { $0.body = try Pattern("ok") }, script: script) {
      #expect(!$0.passed)
      #expect($0.message == "body does not match 'ok'")
    }
  }

  @Test("a chunked body is put together before it is matched")
  func chunked() async throws {
    try await check {
      $0.body = try Pattern("^healthy$")
    } script: {
      $1.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhea\r\n")
      $1.send("4\r\nlthy\r\n0\r\n\r\n")
    } expect: {
      #expect($0.passed)
    }
  }

  @Test("a body without a length ends with the connection")
  func untilClose() async throws {
    try await check {
      $0.body = try Pattern("^all of it$")
    } script: {
      $1.send("HTTP/1.1 200 OK\r\n\r\nall of it")
      $1.close()
    } expect: {
      #expect($0.passed)
    }
  }

  @Test("an infinite body is cut at 64 KiB: what stands before counts, what stands behind does not")
  func cut() async throws {
    let head = "HTTP/1.1 200 OK\r\n\r\n"
    let filling = String(repeating: "a", count: (64 << 10) - 6)
    let block = String(repeating: "late ", count: 2000)
    let script: ScriptedServer.Script = {
      $1.send(head + filling + "inside")
      $1.flood(block)
    }
    try await withServer(script: script) { server in
      let probe = HTTPProbe(url: try server.url(), body: try Pattern("inside$"))
      #expect(await run(probe).passed)
      await server.connectionClosed()
    }
    try await check(adjust: { $0.body = try Pattern("late") }, script: script) {
      #expect($0.message == "body does not match 'late'")
    }
  }

  @Test("a JSON object becomes details, when the check passes and when it fails")
  func details() async throws {
    let body = #"{"peers": 3, "note": "}\"{"} "#
    for (status, passed) in [("200 OK", true), ("503 Service Unavailable", false)] {
      try await check {
        $1.answer(status, body)
      } expect: {
        #expect($0.passed == passed)
        #expect($0.details == Array(body.utf8))
      }
    }
  }

  @Test("a JSON object of exactly 64 KiB becomes details, one byte more does not")
  func largestDetails() async throws {
    for (size, kept) in [(64 << 10, true), ((64 << 10) + 1, false)] {
      let body = "{\"a\":\"" + String(repeating: "b", count: size - 8) + "\"}"
      #expect(body.utf8.count == size)
      try await check {
        $1.answer("200 OK", body)
      } expect: {
        #expect($0.passed)
        #expect(($0.details != nil) == kept)
      }
    }
  }

  @Test("a method or header that HTTP does not allow fails without a connection, and never quotes a value")
  func problems() async throws {
    try await withServer {
      $1.answer()
    } body: { server in
      var probe = HTTPProbe(url: try server.url(), method: "GET / HTTP/1.1\r\nX:")
      #expect(await run(probe).message == "'GET / HTTP/1.1  X:' is not an HTTP method")
      probe = HTTPProbe(url: try server.url(), headers: [.init("X-Key", "secret\r\nEvil: 1")])
      #expect(await run(probe).message == "the value of the header 'X-Key' contains control characters")
      probe = HTTPProbe(url: try server.url(), headers: [.init("Content-Length", "5")])
      #expect(await run(probe).message == "the header 'Content-Length' is set by the check itself")
      probe = HTTPProbe(url: try server.url(), headers: [.init("a b", "5")])
      #expect(await run(probe).message == "'a b' is not a header name")
      #expect(server.seen.all.isEmpty)
    }
  }

  @Test("localhost is found without asking a name server")
  func localhost() async throws {
    try await withServer {
      $1.answer()
    } body: { server in
      let outcome = await run(HTTPProbe(url: try HTTPTarget(parsing: "http://localhost:\(server.port)/")))
      #expect(outcome.message == "status 200")
    }
  }

  @Test("a Unix socket is asked for the path behind it, as host localhost")
  func unixSocket() async throws {
    try await withTemporaryDirectory { directory in
      let socket = "\(directory)/dao.sock"
      let url = try HTTPTarget(parsing: "http+unix://\(socket.split(separator: "/").map { "%2F" + $0 }.joined())/health")
      try await withServer(unix: socket) {
        $1.answer()
      } body: { server in
        #expect(await run(HTTPProbe(url: url)).message == "status 200")
        #expect(server.seen.all.first?.hasPrefix("GET /health HTTP/1.1\r\nHost: localhost\r\n") == true)
      }
      #expect(await run(HTTPProbe(url: url)).message.contains(socket))
    }
  }
}
