// HTTP checks of servers that refuse, stall, break off or talk nonsense: each has a sentence of its own, and each ends in time.

import Addresses
import NIOCore
import NIOPosix
import Testing

@testable import Probes

@Suite("HTTP check of a server in trouble") struct HTTPTroubleTests {
  private func check(timeout: Duration = generous, script: @escaping ScriptedServer.Script) async throws -> ProbeResult {
    var outcome: ProbeResult?
    try await withServer(script: script) { server in
      outcome = await prober().run(.http(HTTPProbe(url: try server.url())), timeout: timeout)
      // Without a connection none can be closed.
      if outcome?.message.hasPrefix("no connection") != true { await server.connectionClosed() }
    }
    return try #require(outcome)
  }

  @Test("a port without a listener: refused")
  func refused() async throws {
    try await withClosedPort { port in
      for host in ["127.0.0.1", "localhost"] {
        let outcome = await prober().run(.http(HTTPProbe(url: try HTTPTarget(parsing: "http://\(host):\(port)/"))), timeout: generous)
        #expect(!outcome.passed)
        #expect(outcome.message == "connection to \(host):\(port) refused")
      }
    }
  }

  @Test("a missing Unix socket is named")
  func missingSocket() async throws {
    try await withTemporaryDirectory { directory in
      let url = try HTTPTarget(parsing: "http+unix://\(directory.split(separator: "/").map { "%2F" + $0 }.joined())%2Fno.sock/")
      #expect(await prober().run(.http(HTTPProbe(url: url)), timeout: generous).message == "the socket \(directory)/no.sock is missing")
    }
  }

  @Test("a server that accepts and never answers: the deadline holds, and the connection is closed")
  func mute() async throws {
    let (outcome, timeout) = try await untilLate(tooEarly: ["no connection"]) { try await check(timeout: $0) { _, _ in } }
    #expect(!outcome.passed)
    #expect(outcome.message == "no answer within \(timeout.text)")
    #expect(outcome.responseTime >= timeout && outcome.responseTime < generous)
  }

  @Test("a head that drips for ever does not outlast the deadline")
  func drippingHead() async throws {
    let (outcome, timeout) = try await untilLate(tooEarly: ["no connection"]) {
      try await check(timeout: $0) {
        $1.send("HTTP/1.1 200 OK\r\nX-Slow: ")
        $1.drip("x")
      }
    }
    #expect(outcome.message == "no answer within \(timeout.text)")
  }

  @Test("a body that drips for ever does not outlast the deadline")
  func drippingBody() async throws {
    let (outcome, timeout) = try await untilLate(tooEarly: ["no connection", "no answer"]) {
      try await check(timeout: $0) {
        $1.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        $1.drip("1\r\nx\r\n")
      }
    }
    #expect(outcome.message == "the answer is not complete within \(timeout.text)")
  }

  @Test("a bad status says more than the body that never ends behind it")
  func statusBeforeTrouble() async throws {
    let (outcome, _) = try await untilLate(tooEarly: ["no connection", "no answer"]) {
      try await check(timeout: $0) {
        $1.send("HTTP/1.1 500 Oops\r\nTransfer-Encoding: chunked\r\n\r\n")
        $1.drip("1\r\nx\r\n")
      }
    }
    #expect(outcome.message == "status 500, expected 200-299")
  }

  @Test("closed without a word")
  func closedAtOnce() async throws {
    #expect(try await check { $1.close() }.message == "connection closed before an answer came")
  }

  @Test("closed in the middle of the head")
  func closedInHead() async throws {
    let outcome = try await check {
      $1.send("HTTP/1.1 200 OK\r\nContent-Le")
      $1.close()
    }
    #expect(outcome.message == "connection closed before an answer came")
  }

  @Test(
    "closed in the middle of the body",
    arguments: ["Content-Length: 100\r\n\r\nshort", "Transfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n"])
  func closedInBody(rest: String) async throws {
    let outcome = try await check {
      $1.send("HTTP/1.1 200 OK\r\n\(rest)")
      $1.close()
    }
    #expect(outcome.message == "connection closed in the middle of the answer")
  }

  @Test("reset instead of an answer")
  func reset() async throws {
    var port = 0
    var outcome: ProbeResult?
    try await withServer {
      $1.reset()
    } body: { server in
      port = server.port
      outcome = await prober().run(.http(HTTPProbe(url: try server.url())), timeout: generous)
    }
    #expect(outcome?.message == "connection to 127.0.0.1:\(port) reset")
  }

  @Test(
    "garbage is not HTTP",
    arguments: [
      "SSH-2.0-OpenSSH_9.2\r\n\r\n", "\u{15}\u{3}\u{1}\0\u{2}\u{2}", "HTTP/1.1 abc\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: +4\r\n\r\nbody",
    ])
  func garbage(text: String) async throws {
    let outcome = try await check { $1.send(text) }
    #expect(!outcome.passed)
    #expect(outcome.message == "the answer is not valid HTTP")
  }

  @Test("a head without end is cut off by its size")
  func endlessHead() async throws {
    let outcome = try await check {
      $1.send("HTTP/1.1 200 OK\r\n")
      $1.flood("X-Filler: \(String(repeating: "x", count: 1000))\r\n")
    }
    #expect(outcome.message == "the answer's header is too large")
  }

  @Test("cancelling the task ends the check and closes its connection")
  func cancelled() async throws {
    try await withServer { _, _ in
    } body: { server in
      let probe = HTTPProbe(url: try server.url())
      let check = Task { await prober().run(.http(probe), timeout: .seconds(3600)) }
      await server.requestCame()
      check.cancel()
      let outcome = await check.value
      #expect(!outcome.passed)
      #expect(outcome.message == "the check was cancelled")
      await server.connectionClosed()
    }
  }

  @Test("a name server that stalls does not hold up the deadline")
  func stalledNames() async throws {
    let group = MultiThreadedEventLoopGroup.singleton
    let dialer = Dialer(group: group) { SlowResolver(loop: group.next()) }
    let prober = Prober(dialer: dialer, commands: FixedResult(result: .failed("")))
    let outcome = await prober.run(.http(HTTPProbe(url: try HTTPTarget(parsing: "http://fog.example:7001/"))), timeout: .milliseconds(200))
    #expect(outcome.message == "no connection to fog.example:7001 within 200 ms")
    #expect(outcome.responseTime < generous)
  }

  @Test("a name that nobody knows is named")
  func unknownName() async throws {
    let group = MultiThreadedEventLoopGroup.singleton
    let dialer = Dialer(group: group) {
      let resolver = SlowResolver(loop: group.next())
      resolver.cancelQueries()
      return resolver
    }
    let prober = Prober(dialer: dialer, commands: FixedResult(result: .failed("")))
    let outcome = await prober.run(.tcp(TCPProbe(address: HostPort(host: "fog.example", port: 7001))), timeout: generous)
    #expect(outcome.message == "the host name 'fog.example' cannot be resolved")
  }
}

/// Answers only when its queries are cancelled.
private struct SlowResolver: Resolver, Sendable {
  private let v4: EventLoopPromise<[SocketAddress]>
  private let v6: EventLoopPromise<[SocketAddress]>

  init(loop: any EventLoop) {
    v4 = loop.makePromise()
    v6 = loop.makePromise()
  }

  func initiateAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> { v4.futureResult }
  func initiateAAAAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> { v6.futureResult }

  func cancelQueries() {
    v4.fail(SocketAddressError.unsupported)
    v6.fail(SocketAddressError.unsupported)
  }
}
