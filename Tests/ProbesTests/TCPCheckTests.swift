// TCP checks against a real server.

import Addresses
import NIOCore
import Testing

@testable import Probes

@Suite("TCP check") struct TCPCheckTests {
  @discardableResult private func check(
    send: String? = nil, expect: String? = nil, speaksFirst: Bool = false, timeout: Duration = generous,
    script: @escaping ScriptedServer.Script, verify: (ProbeResult, ScriptedServer) async throws -> Void = { _, _ in }
  ) async throws -> ProbeResult {
    var result: ProbeResult?
    try await withServer(speaksFirst: speaksFirst, script: script) { server in
      let probe = TCPProbe(
        address: HostPort(host: "127.0.0.1", port: server.port), send: send.map { Array($0.utf8) }, expect: expect.map { Array($0.utf8) })
      let outcome = await prober().run(.tcp(probe), timeout: timeout)
      result = outcome
      try await verify(outcome, server)
      // Without a connection none can be closed.
      if !outcome.message.hasPrefix("no connection") { await server.connectionClosed() }
    }
    return try #require(result)
  }

  @Test("a connection is enough")
  func connects() async throws {
    try await check { _, _ in
    } verify: { outcome, _ in
      #expect(outcome.passed)
      #expect(outcome.message == "connected")
    }
  }

  @Test("what is to be sent arrives")
  func sends() async throws {
    try await check(send: "PING\r\n") { _, _ in
    } verify: { outcome, server in
      #expect(outcome.passed)
      await server.requestCame()
      #expect(server.seen.all == ["PING\r\n"])
    }
  }

  @Test("an answer that contains the expected bytes passes")
  func expects() async throws {
    try await check(send: "PING\r\n", expect: "PONG") {
      $1.send("+\($0 == "PING\r\n" ? "PONG" : "what?")\r\n")
    } verify: { outcome, _ in
      #expect(outcome.passed)
      #expect(outcome.message == "answered as expected")
    }
  }

  @Test("the expected bytes may come in pieces, after a false start, and from a server that speaks first")
  func segments() async throws {
    try await check(expect: "abab!", speaksFirst: true) { _, connection in
      let loop = connection.channel.eventLoop
      for (step, piece) in ["ab", "ab", "ab", "!", "!"].enumerated() {
        loop.scheduleTask(in: .milliseconds(10 * Int64(step))) { connection.send(piece) }
      }
    } verify: { outcome, _ in
      #expect(outcome.passed)
    }
  }

  @Test("other bytes until the connection ends fail")
  func closed() async throws {
    try await check(expect: "PONG", speaksFirst: true) {
      $1.send("NOPE")
      $1.close()
    } verify: { outcome, _ in
      #expect(!outcome.passed)
      #expect(outcome.message == "connection closed before the expected answer came")
    }
  }

  @Test("silence, or the wrong bytes for ever, do not outlast the deadline")
  func deadline() async throws {
    let silence = try await untilLate(tooEarly: ["no connection"]) { timeout in
      try await check(expect: "PONG", timeout: timeout) { _, _ in }
    }
    #expect(silence.outcome.message == "no answer within \(silence.timeout.text)")
    #expect(silence.outcome.responseTime >= silence.timeout && silence.outcome.responseTime < generous)
    let wrong = try await untilLate(tooEarly: ["no connection", "no answer"]) { timeout in
      try await check(expect: "PONG", speaksFirst: true, timeout: timeout) { $1.drip("PON") }
    }
    #expect(wrong.outcome.message == "the expected answer did not come within \(wrong.timeout.text)")
  }

  @Test("a flood of other bytes is given up after 64 KiB")
  func flood() async throws {
    try await check(expect: "PONG", speaksFirst: true) {
      $1.flood(String(repeating: "PON", count: 3000))
    } verify: { outcome, _ in
      #expect(outcome.message == "the expected answer is not in the first 64 KiB")
    }
  }

  @Test("a reset is told from an end")
  func reset() async throws {
    try await check(send: "PING\n", expect: "PONG") {
      $1.reset()
    } verify: { outcome, server in
      #expect(outcome.message == "connection to 127.0.0.1:\(server.port) reset")
    }
  }

  @Test("nobody listens: refused")
  func refused() async throws {
    try await withClosedPort { port in
      let outcome = await prober().run(.tcp(TCPProbe(address: HostPort(host: "127.0.0.1", port: port))), timeout: generous)
      #expect(outcome.message == "connection to 127.0.0.1:\(port) refused")
    }
  }

  @Test("a search over a stream finds what a search over the whole finds, wherever it is cut")
  func search() {
    let text = Array("aabaabaaabaabaab".utf8)
    for needle in ["aabaaab", "abaabaab", "aaab", "b", "", "aabb", "ba"] {
      let bytes = Array(needle.utf8)
      let expected = bytes.isEmpty || text.indices.contains { text[$0...].starts(with: bytes) }
      for cut in text.indices {
        var search = ByteSearch(for: bytes)
        _ = search.feed(text[..<cut])
        #expect(search.feed(text[cut...]) == expected, "\(needle) cut at \(cut)")
      }
    }
  }
}
