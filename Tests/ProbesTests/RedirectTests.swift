// Redirects: how far they are followed, and that they never leave the origin.

import Addresses
import Testing

@testable import Probes

@Suite("redirects of an HTTP check") struct RedirectTests {
  /// Checks a server that answers by path; what is not listed is answered 200.
  private func check(
    _ path: String = "/health", redirects: [String: String], status: String = "302 Found", follow: Int = 3, method: String = "GET",
    accept: [ClosedRange<Int>] = [200...299], expect: (ProbeResult, [String], Int) throws -> Void
  ) async throws {
    try await withServer { request, connection in
      let asked = request.split(separator: " ")[1]
      guard let location = redirects[String(asked)] else { return connection.answer("200 OK") }
      // The body never comes: a redirect is over with its head.
      connection.send("HTTP/1.1 \(status)\r\nLocation: \(location)\r\nContent-Length: 10\r\n\r\n")
    } body: { server in
      let probe = HTTPProbe(url: try server.url(path), method: method, status: accept, followRedirects: follow)
      let outcome = await prober().run(.http(probe), timeout: generous)
      let asked = server.seen.all.map { $0.split(separator: " ").prefix(2).joined(separator: " ") }
      try expect(outcome, asked, server.port)
    }
  }

  @Test("a path is followed over a fresh connection")
  func path() async throws {
    try await check(redirects: ["/health": "/live?x=1#top"]) { outcome, asked, _ in
      #expect(outcome.message == "status 200")
      #expect(asked == ["GET /health", "GET /live?x=1"])
    }
  }

  @Test("a whole URL of the same origin is followed, another port or host is not, and is named without its path")
  func origins() async throws {
    try await withServer { request, connection in
      if request.hasPrefix("GET /ok ") { return connection.answer() }
      let host = request.split(separator: "\r\n").first { $0.hasPrefix("Host: ") }.map { $0.dropFirst(6) } ?? ""
      connection.answer("301 Moved", headers: "Location: http://\(host)/ok\r\n")
    } body: { server in
      let outcome = await prober().run(.http(HTTPProbe(url: try server.url())), timeout: generous)
      #expect(outcome.message == "status 200")
    }
    for (location, named) in [
      ("http://127.0.0.1:1/secret", "http://127.0.0.1:1"), ("http://evil.example/secret", "http://evil.example"),
      ("//evil.example/secret", "http://evil.example"), ("https://127.0.0.1/secret", "https://127.0.0.1"), ("ftp://x/secret", "ftp:"),
    ] {
      try await check(redirects: ["/health": location]) { outcome, asked, _ in
        #expect(!outcome.passed)
        #expect(outcome.message == "redirected to another origin: \(named)")
        #expect(asked == ["GET /health"])
      }
    }
  }

  @Test("a loop ends after the allowed number of steps")
  func loop() async throws {
    try await check(redirects: ["/health": "/a", "/a": "/health"]) { outcome, asked, _ in
      #expect(!outcome.passed)
      #expect(outcome.message == "more than 3 redirects")
      #expect(asked.count == 4)
    }
  }

  @Test("with 0 allowed, or when the redirect's status is expected, the redirect is the answer")
  func notFollowed() async throws {
    try await withServer {
      $1.answer("302 Found", headers: "Location: /x\r\n")
    } body: { server in
      var probe = HTTPProbe(url: try server.url(), followRedirects: 0)
      #expect(await prober().run(.http(probe), timeout: generous).message == "status 302, expected 200-299")
      probe = HTTPProbe(url: try server.url(), status: [302...302])
      #expect(await prober().run(.http(probe), timeout: generous).passed)
      #expect(server.seen.all.count == 2)
    }
  }

  @Test(
    "303 is fetched, 302 turns a POST into a GET, 307 repeats it",
    arguments: [
      ("303 See Other", "PUT", "GET"), ("302 Found", "POST", "GET"), ("307 Temporary Redirect", "POST", "POST"),
      ("303 See Other", "HEAD", "HEAD"),
    ])
  func methods(status: String, method: String, then next: String) async throws {
    try await check(redirects: ["/health": "/live"], status: status, method: method) { outcome, asked, _ in
      #expect(outcome.passed)
      #expect(asked == ["\(method) /health", "\(next) /live"])
    }
  }

  @Test("the deadline covers all steps together")
  func deadline() async throws {
    let late = try await untilLate(tooEarly: ["no connection", "no redirect"]) { timeout in
      var outcome: ProbeResult?
      try await withServer { request, connection in
        if request.hasPrefix("GET /health ") { connection.answer("302 Found", headers: "Location: /mute\r\n") }
      } body: { server in
        outcome = await prober().run(.http(HTTPProbe(url: try server.url())), timeout: timeout)
        if server.seen.all.count < 2 { outcome = ProbeResult(passed: false, message: "no redirect yet", responseTime: .zero) }
      }
      return try #require(outcome)
    }
    #expect(late.outcome.message == "no answer within \(late.timeout.text)")
  }
}
