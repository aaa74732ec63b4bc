// Many connections, lost ones, and the end of the server.

import Addresses
import Glibc
import HTTPServer
import Testing

@Suite("Connections", .timeLimit(.minutes(10)))
struct ConnectionTests {
  private static let get = "GET /small HTTP/1.1\r\nHost: localhost\r\n\r\n"

  @Test("the connection over the cap is answered 503 with Retry-After, and a place that becomes free is given away")
  func cap() async throws {
    try await withServer(configure: { $0.maxConnections = 2 }) { server in
      let first = try await server.client()
      let second = try await server.client()
      #expect(try await first.ask(Self.get).status == 200)
      #expect(try await second.ask(Self.get).status == 200)
      let third = try await server.client()
      let reply = try await third.ask(Self.get)
      #expect(reply.status == 503)
      #expect(reply["retry-after"] == "1")
      #expect(reply.text.contains("\"too_many_connections\""))
      third.finish()
      #expect(try await third.rest().end == .closed)
      await server.observer.rejection(.connectionLimit)

      await first.send("GET /small HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
      #expect(try await first.response().status == 200)
      first.finish()
      #expect(try await first.rest().end == .closed)
      var status = 503
      while status == 503 { status = try await server.client().ask(Self.get).status }
      #expect(status == 200)
    }
  }

  @Test("a thousand connections of one peer at a cap of a hundred: its share is served, nobody hangs, and the server goes on")
  func thousand() async throws {
    try await withServer(configure: {
      $0.maxConnections = 100
      $0.lingerTimeout = .milliseconds(100)
      // On a busy machine the last asks long after it has come.
      $0.requestTimeout = .seconds(300)
      $0.headerDeadline = .seconds(300)
    }) { server in
      let address = server.address
      let served = try await onThread { () throws(RawClient.Failure) -> Int in
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        var descriptors: [Int32] = []
        defer { for descriptor in descriptors { close(descriptor) } }
        for _ in 0..<1000 { descriptors.append(try RawClient.connect(address)) }
        var served = 0
        for descriptor in descriptors {
          _ = Self.get.withCString { Glibc.send(descriptor, $0, strlen($0), Int32(MSG_NOSIGNAL)) }
          var part = [UInt8](repeating: 0, count: 65536)
          let count = recv(descriptor, &part, part.count, 0)
          // Those far above the cap are closed without a word, or with a reset if they had sent something.
          guard count > 0 || count == 0 || errno == ECONNRESET || errno == EPIPE else { throw .init(description: "hangs: \(errno)") }
          if count > 0, text(Array(part[..<count])).hasPrefix("HTTP/1.1 200 ") { served += 1 }
        }
        return served
      }
      #expect(served == 75)
      var status = 0
      while status != 200 { status = (try? await server.client().ask(Self.get).status) ?? 0 }
    }
  }

  @Test("Unix sockets have places of their own, so a crowd on TCP does not lock the operator out")
  func separateCaps() async throws {
    try await withSocketDirectory { directory in
      let listeners: [ListenAddress] = [.tcp(host: "127.0.0.1", port: 0), .unix(path: directory + "/s")]
      try await withServer(listeners, configure: { $0.maxConnections = 1 }) { server in
        let crowd = try await server.client()
        #expect(try await crowd.ask(Self.get).status == 200)
        #expect(try await server.client().ask(Self.get).status == 503)
        #expect(try await RawClient(server.addresses[1]).ask(Self.get).status == 200)
      }
    }
  }

  @Test("a client that goes away cancels its handler, and one that only closes its own side does not", arguments: [true, false])
  func cancellation(afterHalfClose: Bool) async throws {
    try await withServer { server in
      let client = try await server.client()
      await client.send("GET /endless HTTP/1.1\r\nHost: localhost\r\n\r\n")
      await server.handlers.started.wait()
      if afterHalfClose {
        client.finish()
        // Once this one is answered, the loop has seen the end of the other.
        #expect(try await server.client().ask(Self.get).status == 200)
        #expect(!server.handlers.cancelled.isSet)
      }
      client.reset()
      await server.handlers.cancelled.wait()
    }
  }

  @Test("a client that closes its side right after its requests gets all answers")
  func halfClose() async throws {
    try await withServer { server in
      let client = try await server.client()
      await client.send(Self.get + "GET /item/last HTTP/1.1\r\nHost: localhost\r\n\r\n")
      client.finish()
      let (bytes, end) = try await client.rest()
      #expect(text(bytes).split(separator: "HTTP/1.1 200 OK").count == 2)
      #expect(text(bytes).hasSuffix("/item/last last"))
      #expect(end == .closed)
    }
  }

  @Test("stopping lets a running request finish, closes idle connections, and frees the port")
  func stopFinishes() async throws {
    let log = HandlerLog()
    let route = Route("GET", "/wait") { _, _ in
      log.started.set()
      await log.release.wait()
      return .text("waited")
    }
    // An address of its own: once the port is free, the kernel could give it to another test on 127.0.0.1.
    let server = HTTPServer(configuration: ServerConfiguration(listeners: [.tcp(host: "127.0.0.7", port: 0)]), routes: [route])
    let address = try await server.start()[0]
    let idle = try await RawClient(address)
    let busy = try await RawClient(address)
    await busy.send("GET /wait HTTP/1.1\r\nHost: localhost\r\n\r\n")
    await log.started.wait()
    async let stopped: Void = server.stop(grace: .seconds(30))
    #expect(try await idle.rest().end == .closed)
    await #expect(throws: RawClient.Failure.self) { try await RawClient(address) }
    log.release.set()
    let reply = try await busy.response()
    #expect(reply.text == "waited")
    #expect(reply["connection"] == "close")
    busy.finish()
    await stopped
    #expect(server.gauges.connections == 0)
    #expect(server.gauges.requestsInFlight == 0)

    let successor = HTTPServer(configuration: ServerConfiguration(listeners: [address]), routes: [])
    #expect(try await successor.start() == [address])
    await successor.stop()
  }

  @Test("stopping does not wait for a handler that ignores its cancellation")
  func stopCuts() async throws {
    let log = HandlerLog()
    let route = Route("GET", "/stubborn") { _, _ in
      log.started.set()
      await log.release.wait()
      return .text("too late")
    }
    let server = HTTPServer(configuration: ServerConfiguration(listeners: [.tcp(host: "127.0.0.1", port: 0)]), routes: [route])
    let client = try await RawClient(try await server.start()[0])
    await client.send("GET /stubborn HTTP/1.1\r\nHost: localhost\r\n\r\n")
    await log.started.wait()
    await server.stop(grace: .milliseconds(50))
    #expect(try await client.rest().bytes == [])
    log.release.set()
    await #expect(throws: ServerError.alreadyStarted) { try await server.start() }
  }
}
