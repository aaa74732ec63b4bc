// Clients of streams: slow ones, those that leave, many at once, and the end of the server.

import Addresses
import HTTPServer
import TestSupport
import Testing

@Suite("Clients of streams", .timeLimit(.minutes(10)))
struct StreamClientTests {
  private static let chunk = [UInt8](repeating: 0x61, count: 4000)

  /// A producer that never stops by itself.
  private static func flood(_ production: Production, heartbeat: StreamHeartbeat? = nil) -> Route {
    production.route("/flood", heartbeat: heartbeat) { production, writer in
      while true { try await production.write(chunk, to: writer) }
    }
  }

  @Test(
    "a client that never reads holds its producer, is cut off at the deadline and counted, and others do not notice",
    arguments: [false, true])
  func neverReads(overUnixSocket: Bool) async throws {
    try await withSocketDirectory { directory in
      let production = Production()
      let route = Self.flood(production, heartbeat: StreamHeartbeat(every: .milliseconds(10), Array("beat".utf8)))
      let listeners: [ListenAddress] = overUnixSocket ? [.unix(path: directory + "/s")] : [.tcp(host: "127.0.0.1", port: 0)]
      try await withServer(listeners, routes: [route], configure: { $0.writeTimeout = .milliseconds(500) }) { server in
        let client = try await RawClient(server.address, receiveBuffer: 4096)
        await client.send("GET /flood HTTP/1.1\r\nHost: localhost\r\n\r\n")
        await production.begun.wait()
        #expect(try await server.client().ask("GET /small HTTP/1.1\r\nHost: localhost\r\n\r\n").text == small)
        await server.observer.rejection(.streamTimeout)
        await production.ended.wait()
        #expect(production.closed == .tooSlow)
        #expect(production.accepted > 0 && production.accepted < 512 << 10)
        #expect(server.server.gauges.streams == 0)
        while server.server.gauges.connections > 1 { try await Task.sleep(for: .milliseconds(1)) }
      }
    }
  }

  @Test("a client that begins to read late gets everything in its order")
  func readsLate() async throws {
    let production = Production()
    let rest = String(repeating: " of a long log", count: 7) + "\n"
    let lines = (0..<20_000).map { "line \($0)" + rest }
    let route = production.route("/log") { production, writer in
      for line in lines { try await production.write(Array(line.utf8), to: writer) }
    }
    try await withServer(routes: [route]) { server in
      let client = try await RawClient(server.address, receiveBuffer: 4096)
      #expect(try await client.openStream("/log").status == 200)
      #expect(try await server.client().ask("GET /small HTTP/1.1\r\nHost: localhost\r\n\r\n").text == small)
      #expect(production.accepted < 512 << 10)
      let body = try await client.body()
      #expect(body.isWhole && body.text == lines.joined())
    }
  }

  @Test("a client that reads slowly but goes on is not cut off")
  func readsSlowly() async throws {
    // On a loaded machine the reader itself may pause for longer than the deadline, and then another is tried.
    for seconds in [1, 2, 4, 8, 16] where try await isServedSlowly(deadline: .seconds(seconds)) { return }
    Issue.record("whoever reads slowly is cut off")
  }

  /// Whether a client that reads now and then, for longer than the deadline, still has its stream at the end.
  private func isServedSlowly(deadline: Duration) async throws -> Bool {
    let production = Production()
    var isServed = false
    try await withServer(routes: [Self.flood(production)], configure: { $0.writeTimeout = deadline }) { server in
      let client = try await RawClient(server.address, receiveBuffer: 4096)
      #expect(try await client.openStream("/flood").status == 200)
      let begin = SuspendingClock.now
      while production.closed == nil, SuspendingClock.now - begin < deadline * 1.5 {
        let isMore: Void? = try? await client.read { bytes in bytes.count > 8000 ? ((), bytes.count) : nil }
        guard isMore != nil else { return }
        // The pace of the reader: something is unsent all the time.
        try await Task.sleep(for: .milliseconds(20))
      }
      isServed = production.closed == nil && server.server.gauges.streams == 1
    }
    return isServed
  }

  @Test(
    "a client that goes away ends its producer, whether that writes or waits, over TCP and a Unix socket",
    arguments: [(true, true), (true, false), (false, true), (false, false)], [true, false])
  func leaves(how: (byReset: Bool, overUnixSocket: Bool), writing: Bool) async throws {
    try await withSocketDirectory { directory in
      let production = Production()
      let route = production.route("/stream") { production, writer in
        try await production.write(Array("begin".utf8), to: writer)
        while writing { try await production.write(Self.chunk, to: writer) }
        try await production.waitForEnd(writer)
      }
      let listeners: [ListenAddress] = how.overUnixSocket ? [.unix(path: directory + "/s")] : [.tcp(host: "127.0.0.1", port: 0)]
      try await withServer(listeners, routes: [route]) { server in
        let client = try await server.client()
        #expect(try await client.openStream("/stream").status == 200)
        // Nothing is left unread, so that the kernel sends no reset by itself.
        if !writing { #expect(try await client.chunks { $0.text == "begin" }.isWhole == false) }
        if how.byReset { client.reset() } else { client.leave() }
        await production.ended.wait()
        #expect(production.closed == .clientLeft)
        try await eventually("no connection") { server.server.gauges.connections == 0 }
        #expect(server.server.gauges.streams == 0)
      }
    }
  }

  @Test("a client that has closed its own side gets its stream to the end", arguments: ["1.1", "1.0"], [true, false])
  func halfCloses(version: String, beforeTheStream: Bool) async throws {
    let production = Production()
    let (mayBegin, goOn) = (Signal(), Signal())
    let route = Route("GET", "/stream") { _, _ in
      production.begun.set()
      await mayBegin.wait()
      // In HTTP/1.0 nothing but the stream's own bytes would show that the client has left.
      let heartbeat = version == "1.0" ? StreamHeartbeat(every: .seconds(3600), [0]) : nil
      return .stream(contentType: "text/plain", heartbeat: heartbeat) { writer in
        try await production.write(Array("begin".utf8), to: writer)
        await goOn.wait()
        try await production.write(Array(" and end".utf8), to: writer)
      }
    }
    try await withServer(routes: [route]) { server in
      let client = try await server.client()
      await client.send("GET /stream HTTP/\(version)\r\nHost: localhost\r\n\r\n")
      await production.begun.wait()
      if !beforeTheStream { mayBegin.set() } else { client.finish() }
      // Once a later one is answered, the loop has seen the end of the earlier.
      #expect(try await server.client().ask("GET /small HTTP/1.1\r\nHost: localhost\r\n\r\n").status == 200)
      mayBegin.set()
      #expect(try await client.response(toHead: true).status == 200)
      if !beforeTheStream {
        client.finish()
        #expect(try await server.client().ask("GET /small HTTP/1.1\r\nHost: localhost\r\n\r\n").status == 200)
      }
      #expect(server.server.gauges.streams == 1)
      goOn.set()
      let (bytes, end) = try await client.rest()
      #expect(end == .closed)
      if version == "1.0" {
        #expect(text(bytes) == "begin and end")
      } else {
        let (body, rest) = ChunkedBody.parse(bytes)
        #expect(body.text == "begin and end" && body.isWhole && rest == [])
      }
      #expect(production.closed == nil)
    }
  }

  @Test(
    "a client that has closed its own side and leaves later ends its producer, and one of HTTP/1.0 does so at once",
    arguments: ["1.1", "1.0"])
  func leavesLater(version: String) async throws {
    let production = Production()
    let route = production.route("/stream") { production, writer in try await production.waitForEnd(writer) }
    try await withServer(routes: [route]) { server in
      let client = try await server.client()
      #expect(try await client.openStream("/stream", version: version).status == 200)
      client.finish()
      if version == "1.0" {
        #expect(try await client.rest().bytes == [])
      } else {
        #expect(try await server.client().ask("GET /small HTTP/1.1\r\nHost: localhost\r\n\r\n").status == 200)
        #expect(production.closed == nil && server.server.gauges.streams == 1)
        client.leave()
      }
      await production.ended.wait()
      #expect(production.closed == .clientLeft)
      try await eventually("no stream") { server.server.gauges.streams == 0 }
    }
  }

  @Test("what is sent behind the request of a stream is not answered")
  func pipelined() async throws {
    let production = Production()
    let more = Signal()
    let route = production.route("/stream") { production, writer in
      await more.wait()
      try await production.write(Array("stream".utf8), to: writer)
    }
    try await withServer(routes: [route]) { server in
      let client = try await server.client()
      let get = "GET /small HTTP/1.1\r\nHost: localhost\r\n\r\n"
      await client.send("GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n" + get)
      #expect(try await client.response(toHead: true).status == 200)
      await client.send(get + get)
      more.set()
      let (bytes, end) = try await client.rest()
      let (body, rest) = ChunkedBody.parse(bytes)
      #expect(body.text == "stream" && body.isWhole)
      #expect(rest == [] && end == .closed)
    }
  }

  @Test("two hundred clients at once all get every event")
  func crowd() async throws {
    let production = Production()
    let go = Signal()
    let events = (0..<50).map { EventStream.event(id: String($0), name: "change", data: "{\"number\":\($0)}".utf8) }
    let route = production.route("/events") { production, writer in
      await go.wait()
      for event in events { try await production.write(event, to: writer) }
    }
    try await withServer(routes: [route], configure: { $0.maxStreams = 300 }) { server in
      let clients = try await withThrowingTaskGroup(of: RawClient.self) { group in
        for _ in 0..<200 {
          group.addTask {
            let client = try await server.client()
            guard try await client.openStream("/events").status == 200 else { throw RawClient.Failure(description: "refused") }
            return client
          }
        }
        return try await group.reduce(into: [RawClient]()) { $0.append($1) }
      }
      #expect(server.server.gauges.streams == 200)
      go.set()
      try await withThrowingTaskGroup(of: ChunkedBody.self) { group in
        for client in clients { group.addTask { try await client.body() } }
        for try await body in group { #expect(body.isWhole && body.bytes == Array(events.joined())) }
      }
      try await eventually("no stream") { server.server.gauges.streams == 0 }
    }
  }

  @Test("the stream over the bound is answered 503 with Retry-After, and Unix sockets have a bound of their own")
  func bound() async throws {
    try await withSocketDirectory { directory in
      let production = Production()
      let route = production.route("/stream") { production, writer in try await production.waitForEnd(writer) }
      let listeners: [ListenAddress] = [.tcp(host: "127.0.0.1", port: 0), .unix(path: directory + "/s")]
      try await withServer(listeners, routes: [route], configure: { $0.maxStreams = 2 }) { server in
        let request = "GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n"
        let clients = [try await server.client(), try await server.client()]
        for client in clients { #expect(try await client.openStream("/stream").status == 200) }
        let third = try await server.client()
        let refusal = try await third.ask(request)
        #expect(refusal.status == 503)
        #expect(refusal["retry-after"] == "5")
        #expect(refusal.text.contains("\"too_many_streams\""))
        await server.observer.rejection(.streamLimit)
        await server.observer.answer("/stream", "GET", 503)
        #expect(try await third.ask("GET /small HTTP/1.1\r\nHost: localhost\r\n\r\n").text == small)
        #expect(try await RawClient(server.addresses[1]).openStream("/stream").status == 200)

        clients[0].leave()
        while try await third.ask(request, toHead: true).status == 503 {
          _ = try await third.read { bytes in bytes.last == UInt8(ascii: "\n") ? ((), bytes.count) : nil }
        }
      }
    }
  }

  @Test("stopping ends streams at once and properly, whatever the grace and whatever their producers do")
  func stop() async throws {
    let polite = Production()
    let stubborn = Production()
    let release = Signal()
    let routes = [
      polite.route("/polite") { production, writer in
        try await production.write(Array("polite".utf8), to: writer)
        try await production.waitForEnd(writer)
      },
      stubborn.route("/stubborn") { production, writer in
        try await production.write(Array("stubborn".utf8), to: writer)
        await release.wait()
        try await production.write(Array("too late".utf8), to: writer)
      },
    ]
    let server = HTTPServer(configuration: ServerConfiguration(listeners: [.tcp(host: "127.0.0.1", port: 0)]), routes: routes)
    let address = try await server.start()[0]
    let clients = [try await RawClient(address), try await RawClient(address)]
    for (client, name) in zip(clients, ["polite", "stubborn"]) {
      #expect(try await client.openStream("/\(name)").status == 200)
      #expect(try await client.chunks { $0.text == name }.isWhole == false)
    }
    async let stopped: Void = server.stop(grace: .seconds(100))
    for client in clients {
      #expect(try await client.chunks(until: \.isWhole).chunks == [])
      client.finish()
    }
    await stopped
    await polite.ended.wait()
    #expect(polite.closed == .stopping)
    release.set()
    await stubborn.ended.wait()
    #expect(stubborn.closed == .stopping)
    #expect(server.gauges.streams == 0)
  }

  @Test("stopping waits no longer than its grace for a client that does not read")
  func stopWithoutReader() async throws {
    let production = Production()
    let server = HTTPServer(
      configuration: ServerConfiguration(listeners: [.tcp(host: "127.0.0.1", port: 0)]), routes: [Self.flood(production)])
    let client = try await RawClient(try await server.start()[0], receiveBuffer: 4096)
    #expect(try await client.openStream("/flood").status == 200)
    await server.stop(grace: .milliseconds(100))
    await production.ended.wait()
    #expect(production.closed == .stopping)
    #expect(server.gauges == ServerGauges.none)
  }
}

extension ServerGauges {
  fileprivate static let none = HTTPServer(configuration: ServerConfiguration(listeners: []), routes: []).gauges
}
