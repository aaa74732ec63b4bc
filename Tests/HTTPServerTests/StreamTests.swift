// Responses that go on: their bodies, framing, heartbeats and end.

import HTTPServer
import TestSupport
import Testing

@Suite("Streams", .timeLimit(.minutes(10)))
struct StreamTests {
  @Test("chunks arrive as they are written, and the body ends properly when the producer returns")
  func chunks() async throws {
    let production = Production()
    let more = Signal()
    let last = Signal()
    let route = production.route("/stream") { production, writer in
      try await production.write([], to: writer)
      try await production.write(Array("one\n".utf8), to: writer)
      await more.wait()
      try await production.write(Array("two\n".utf8), to: writer)
      await last.wait()
    }
    try await withServer(routes: [route]) { server in
      let client = try await server.client()
      let head = try await client.openStream("/stream")
      #expect(head.status == 200)
      #expect(head["content-type"] == "text/plain")
      #expect(head["transfer-encoding"] == "chunked")
      #expect(head["content-length"] == nil)
      #expect(head["cache-control"] == "no-store")
      #expect(head["x-accel-buffering"] == "no")
      #expect(head["connection"] == "close")
      #expect(try await client.chunks { $0.text == "one\n" }.isWhole == false)
      #expect(server.server.gauges.streams == 1)
      #expect(server.server.gauges.requestsInFlight == 0)
      await server.observer.answer("/stream", "GET", 200)
      more.set()
      #expect(try await client.chunks { $0.text == "two\n" }.isWhole == false)
      last.set()
      let (bytes, end) = try await client.rest()
      #expect(text(bytes) == "0\r\n\r\n")
      #expect(end == .closed)
      try await eventually("no stream") { server.server.gauges.streams == 0 }
    }
  }

  @Test("the head is sent before the producer has anything to say")
  func headAtOnce() async throws {
    let production = Production()
    let route = production.route("/stream") { production, writer in try await production.waitForEnd(writer) }
    try await withServer(routes: [route]) { server in
      let head = try await server.client().openStream("/stream")
      #expect(head.status == 200)
    }
  }

  @Test("a sequence is sent to its end")
  func sequence() async throws {
    let (chunks, continuation) = AsyncStream.makeStream(of: [UInt8].self)
    let route = Route("GET", "/stream") { _, _ in .stream(contentType: "text/plain", status: 201, chunks) }
    try await withServer(routes: [route]) { server in
      let client = try await server.client()
      #expect(try await client.openStream("/stream").status == 201)
      for number in 0..<1000 { continuation.yield(Array("\(number)\n".utf8)) }
      continuation.finish()
      let body = try await client.body()
      #expect(body.text == (0..<1000).map { "\($0)\n" }.joined())
      #expect(body.isWhole)
    }
  }

  @Test("a large chunk and many small ones of several tasks arrive whole", arguments: ["1.1", "1.0"])
  func manySizes(version: String) async throws {
    let large = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 / 7) }
    let production = Production()
    let route = production.route("/stream") { production, writer in
      try await production.write(large, to: writer)
      try await withThrowingTaskGroup(of: Void.self) { group in
        for letter in "abcd" {
          group.addTask {
            for number in 0..<2000 { try await production.write(Array("\(letter) \(number)\n".utf8), to: writer) }
          }
        }
        try await group.waitForAll()
      }
    }
    try await withServer(routes: [route]) { server in
      let client = try await server.client()
      let head = try await client.openStream("/stream", version: version)
      let raw = try await client.rest().bytes
      #expect(head["transfer-encoding"] == (version == "1.1" ? "chunked" : nil))
      #expect(head["content-length"] == nil)
      #expect(head["connection"] == "close")
      let body = version == "1.1" ? ChunkedBody.parse(raw).body.bytes : raw
      #expect(body.count == production.accepted)
      #expect(body.starts(with: large))
      let lines = text(Array(body.dropFirst(large.count))).split(separator: "\n")
      for letter in "abcd" {
        #expect(lines.filter { $0.first == letter } == (0..<2000).map { "\(letter) \($0)" })
      }
    }
  }

  @Test("HEAD is answered without running the producer, and the connection goes on")
  func head() async throws {
    let production = Production()
    let route = production.route("/stream") { production, writer in try await production.waitForEnd(writer) }
    try await withServer(routes: [route], configure: { $0.maxStreams = 0 }) { server in
      for version in ["1.1", "1.0"] {
        let client = try await server.client()
        let reply = try await client.ask(
          "HEAD /stream HTTP/\(version)\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n", toHead: true)
        #expect(reply.status == 200)
        #expect(reply["content-type"] == "text/plain")
        #expect(reply["content-length"] == nil)
        #expect(try await client.ask("GET /small HTTP/1.1\r\nHost: localhost\r\n\r\n").text == small)
      }
      await server.observer.answer("/stream", "HEAD", 200)
      #expect(production.accepted == 0 && production.closed == nil)
    }
  }

  @Test("streams are not compressed")
  func notCompressed() async throws {
    let production = Production()
    let route = production.route("/stream") { production, writer in try await production.write(Array(large.utf8), to: writer) }
    try await withServer(routes: [route]) { server in
      let client = try await server.client()
      let head = try await client.ask("GET /stream HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\n\r\n", toHead: true)
      #expect(head["content-encoding"] == nil)
      #expect(try await client.body().text == large)
    }
  }

  @Test("a producer that fails leaves its body unfinished, so that the client sees it")
  func failure() async throws {
    struct Failure: Error {}
    let production = Production()
    let more = Signal()
    let route = production.route("/stream") { production, writer in
      try await production.write(Array("half".utf8), to: writer)
      await more.wait()
      throw Failure()
    }
    try await withServer(routes: [route]) { server in
      let client = try await server.client()
      #expect(try await client.openStream("/stream").status == 200)
      #expect(try await client.chunks { $0.text == "half" }.isWhole == false)
      more.set()
      #expect(try await client.body() == ChunkedBody())
    }
  }

  @Test("a header that cannot be sent makes no stream")
  func unsendable() async throws {
    let route = Route("GET", "/stream") { _, _ in
      .stream(contentType: "text/plain\r\nX: y") { writer in try await writer.write(Array("body".utf8)) }
    }
    try await withServer(routes: [route]) { server in
      let reply = try await server.client().ask("GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
      #expect(reply.status == 500)
    }
  }

  @Test("a writer that outlives its producer is told so")
  func lateWriter() async throws {
    let production = Production()
    let writers = AsyncStream.makeStream(of: StreamWriter.self)
    let route = production.route("/stream") { _, writer in writers.continuation.yield(writer) }
    try await withServer(routes: [route]) { server in
      let client = try await server.client()
      #expect(try await client.openStream("/stream").status == 200)
      #expect(try await client.body().isWhole)
      var iterator = writers.stream.makeAsyncIterator()
      let writer = try #require(await iterator.next())
      await #expect(throws: StreamClosed.ended) { try await writer.write([1]) }
    }
  }

  @Test("a heartbeat is sent whenever nothing else was for its interval")
  func heartbeat() async throws {
    let production = Production()
    let heartbeat = EventStream.heartbeat(every: .milliseconds(20))
    let more = Signal()
    let route = production.route("/stream", heartbeat: heartbeat) { production, writer in
      await more.wait()
      try await production.write(EventStream.event(data: "1".utf8), to: writer)
      try await production.waitForEnd(writer)
    }
    try await withServer(routes: [route]) { server in
      let client = try await server.client()
      #expect(try await client.openStream("/stream").status == 200)
      #expect(try await client.chunks { $0.chunks.count > 1 }.text.hasPrefix(": \n\n: \n\n"))
      more.set()
      let rest = try await client.chunks { $0.text.contains("data: 1\n\n: \n\n: \n\n") }
      #expect(rest.text.split(separator: ": \n\n", omittingEmptySubsequences: true) == ["data: 1\n\n"])
    }
  }

  @Test("no deadline of requests cuts a stream on which nothing happens")
  func quiet() async throws {
    let production = Production()
    let more = Signal()
    let route = production.route("/stream") { production, writer in
      try await production.write(Array("before ".utf8), to: writer)
      await more.wait()
      try await production.write(Array("after".utf8), to: writer)
    }
    try await withServer(
      routes: [route],
      configure: {
        $0.idleTimeout = .milliseconds(50)
        $0.headerDeadline = .milliseconds(50)
        $0.requestTimeout = .milliseconds(50)
        $0.writeTimeout = .milliseconds(50)
      }
    ) { server in
      var reply: Reply?
      var client = try await server.client()
      // On a loaded machine the deadline of the head may have passed before the request was sent.
      while reply == nil {
        client = try await server.client()
        reply = try? await client.openStream("/stream")
      }
      // When these have been closed for their silence, the time of each deadline has passed twice.
      for _ in 0..<2 { #expect(try await server.client().rest().bytes == []) }
      more.set()
      #expect(try await client.body().text == "before after")
    }
  }
}
