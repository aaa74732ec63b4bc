// Addresses, and the sockets behind them.

import Addresses
import Glibc
import HTTPServer
import Testing

@Suite("Listening", .timeLimit(.minutes(2)))
struct ListeningTests {
  @Test("an address in use is named in one sentence, and no other listener stays bound")
  func inUse() async throws {
    try await withSocketDirectory { directory in
      try await withServer { server in
        let path = directory + "/s"
        let second = HTTPServer(configuration: ServerConfiguration(listeners: [.unix(path: path), server.address]), routes: [])
        await #expect(throws: ServerError.addressInUse(server.address)) { try await second.start() }
        #expect(ServerError.addressInUse(server.address).description == "address \(server.address) is already in use")
        #expect(access(path, F_OK) == -1)
      }
    }
  }

  @Test("two listeners of one server on one address are an address in use")
  func twice() async throws {
    try await withSocketDirectory { directory in
      let address = ListenAddress.unix(path: directory + "/s")
      let server = HTTPServer(configuration: ServerConfiguration(listeners: [address, address]), routes: [])
      await #expect(throws: ServerError.addressInUse(address)) { try await server.start() }
      #expect(access(directory + "/s", F_OK) == -1)
    }
  }

  @Test("a Unix socket is for its owner only, serves without a Host that we know, and is removed at the end")
  func unixSocket() async throws {
    try await withSocketDirectory { directory in
      let path = directory + "/s"
      try await withServer([.unix(path: path)]) { server in
        var status = stat()
        #expect(lstat(path, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600)
        let client = try await server.client()
        for host in ["evil.example", "", "%2Frun%2Fx"] {
          let reply = try await client.ask("GET /peer HTTP/1.1\r\nHost: \(host)\r\n\r\n")
          #expect(reply.text == "unix: uid \(geteuid()), pid \(getpid()) unix:\(path)")
        }
      }
      #expect(access(path, F_OK) == -1)
    }
  }

  @Test("the socket of a dead server is replaced, that of a living one and other files are not")
  func staleSocket() async throws {
    try await withSocketDirectory { directory in
      let path = directory + "/s"
      let address = ListenAddress.unix(path: path)
      // A socket whose server was killed: bound, and its descriptor closed.
      let dead = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
      var name = sockaddr_un()
      name.sun_family = sa_family_t(AF_UNIX)
      withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: path.utf8) }
      withUnsafePointer(to: &name) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = bind(dead, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
      }
      close(dead)
      #expect(access(path, F_OK) == 0)

      try await withServer([address]) { server in
        let before = try await server.client().ask("GET /small HTTP/1.1\r\nHost: localhost\r\n\r\n")
        #expect(before.status == 200)
        let second = HTTPServer(configuration: ServerConfiguration(listeners: [address]), routes: [])
        await #expect(throws: ServerError.addressInUse(address)) { try await second.start() }
        let after = try await server.client().ask("GET /small HTTP/1.1\r\nHost: localhost\r\n\r\n")
        #expect(after.status == 200)

        // Somebody else's file at our path is not ours to remove.
        unlink(path)
        close(open(path, O_CREAT | O_WRONLY, 0o600))
      }
      #expect(access(path, F_OK) == 0)
      let third = HTTPServer(configuration: ServerConfiguration(listeners: [address]), routes: [])
      await #expect(throws: ServerError.notASocket(address)) { try await third.start() }
    }
  }

  @Test("a path that fits into no socket address is refused with the limit")
  func longPath() async throws {
    let address = ListenAddress.unix(path: "/tmp/" + String(repeating: "a", count: 103))
    let server = HTTPServer(configuration: ServerConfiguration(listeners: [address]), routes: [])
    await #expect(throws: ServerError.pathTooLong(address, limit: 107)) { try await server.start() }
  }

  @Test("a host name that nobody knows is named")
  func unknownHost() async throws {
    let address = ListenAddress.tcp(host: "no-such-host.invalid", port: 0)
    let server = HTTPServer(configuration: ServerConfiguration(listeners: [address]), routes: [])
    let error = await #expect(throws: ServerError.self) { try await server.start() }
    #expect(error?.description.hasPrefix("cannot listen on no-such-host.invalid:0: its host name cannot be resolved (") == true)
  }

  @Test("localhost is 127.0.0.1 for those who know only that")
  func localhost() async throws {
    try await withServer([.tcp(host: "localhost", port: 0)]) { server in
      let reply = try await server.client().ask("GET /small HTTP/1.1\r\nHost: localhost\r\n\r\n")
      #expect(reply.status == 200)
    }
  }
}
