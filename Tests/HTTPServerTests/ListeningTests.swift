// Addresses, and the sockets behind them.

import Addresses
import Glibc
import HTTPServer
import Testing

@Suite("Listening", .timeLimit(.minutes(10)))
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

  @Test("a lock of the folder, which every user can take, holds up nobody")
  func heldFolder() async throws {
    try await withSocketDirectory { directory in
      let held = open(directory, O_RDONLY | O_DIRECTORY)
      defer { close(held) }
      #expect(flock(held, LOCK_EX | LOCK_NB) == 0)
      try await withServer([.unix(path: directory + "/s")]) { server in
        let reply = try await server.client().ask("GET /small HTTP/1.1\r\nHost: localhost\r\n\r\n")
        #expect(reply.status == 200)
        #expect(access(directory + "/.s.lock", F_OK) == -1)
      }
    }
  }

  @Test("a name that another server is just taking is in use; what a dead one left of its lock is in nobody's way")
  func heldName() async throws {
    try await withSocketDirectory { directory in
      let address = ListenAddress.unix(path: directory + "/s")
      let lock = open(directory + "/.s.lock", O_CREAT | O_RDWR, 0o600)
      #expect(flock(lock, LOCK_EX | LOCK_NB) == 0)
      let server = HTTPServer(configuration: ServerConfiguration(listeners: [address]), routes: [])
      await #expect(throws: ServerError.addressInUse(address)) { try await server.start() }
      close(lock)
      try await withServer([address]) { _ in #expect(access(directory + "/.s.lock", F_OK) == -1) }
    }
  }

  @Test("a planted link, also on the way, and a lock that is not ours are refused", .enabled(if: geteuid() == 0))
  func planted() async throws {
    try await withSocketDirectory { directory in
      let address = ListenAddress.unix(path: directory + "/s")
      func error() async -> ServerError? {
        await #expect(throws: ServerError.self) {
          try await HTTPServer(configuration: ServerConfiguration(listeners: [address]), routes: []).start()
        }
      }
      symlink("/nowhere", directory + "/s")
      #expect(await error() == .notASocket(address))
      unlink(directory + "/s")
      close(open(directory + "/.s.lock", O_CREAT | O_RDWR, 0o600))
      chown(directory + "/.s.lock", 65534, 65534)
      #expect(await error() == .unsafe(address, "'\(directory)/.s.lock' is not ours, and in the way: remove it"))
      unlink(directory + "/.s.lock")
      chmod(directory, 0o777)
      symlink("/", directory + "/link")
      defer { unlink(directory + "/link") }
      let linked = ListenAddress.unix(path: directory + "/link/tmp/httpserver")
      let refusal = await #expect(throws: ServerError.self) {
        try await HTTPServer(configuration: ServerConfiguration(listeners: [linked]), routes: []).start()
      }
      #expect(
        refusal?.description
          == "cannot listen on \(linked): '\(directory)/link' is a symbolic link, which is not followed since '\(directory)' can be written by everybody"
      )
    }
  }

  @Test("a server that is stopped while it starts leaves nothing behind")
  func stoppedMeanwhile() async throws {
    try await withSocketDirectory { directory in
      let server = HTTPServer(configuration: ServerConfiguration(listeners: [.unix(path: directory + "/s")]), routes: [])
      let start = Task { try? await server.start() }
      await server.stop()
      let addresses = await start.value
      // Whichever came first.
      await server.stop()
      #expect(addresses == nil || addresses?.count == 1)
      #expect(access(directory + "/s", F_OK) == -1)
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
