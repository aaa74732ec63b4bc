// Listening sockets. A server opens all of them before it serves the first connection, so it has all or none.

import Addresses
import Glibc

/// A listening stream socket. Its owner hands the descriptor on or calls `discard()`.
struct ListeningSocket: Sendable {
  let descriptor: Int32
  /// The address with its real port.
  let address: ListenAddress
  /// The file of a Unix socket, so that no other server's file is removed at the end.
  let file: SocketFile?

  /// The length of the kernel's queue of connections that wait to be accepted: a burst of the cap's size fits.
  static let backlog: Int32 = 1024

  /// Opens an address; a host name is resolved, which may take the resolver's time.
  static func bind(_ address: ListenAddress) throws(ServerError) -> ListeningSocket {
    switch address {
    case .tcp(let host, let port): try bindTCP(address, host: host, port: port)
    case .unix(let path): try bindUnix(address, path: path)
    }
  }

  /// Closes the socket and removes its file.
  func discard() {
    file?.remove()
    close(descriptor)
  }

  private static func bindTCP(_ address: ListenAddress, host: String, port: Int) throws(ServerError) -> ListeningSocket {
    var hints = addrinfo()
    hints.ai_flags = AI_PASSIVE
    hints.ai_family = AF_UNSPEC
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    let resolved = getaddrinfo(host, String(port), &hints, &list)
    guard resolved == 0, let first = list else { throw .unknownHost(address, String(cString: gai_strerror(resolved))) }
    defer { freeaddrinfo(list) }
    // `localhost` is often ::1 first, and clients that know only 127.0.0.1 would then find no server.
    let chosen = sequence(first: first.pointee) { $0.ai_next?.pointee }.first { $0.ai_family == AF_INET } ?? first.pointee

    let descriptor = try open(chosen.ai_family, address)
    var on: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
    guard Glibc.bind(descriptor, chosen.ai_addr, chosen.ai_addrlen) == 0, listen(descriptor, backlog) == 0 else {
      let code = errno
      close(descriptor)
      throw .binding(address, code)
    }
    return ListeningSocket(descriptor: descriptor, address: .tcp(host: host, port: boundPort(descriptor) ?? port), file: nil)
  }

  static func open(_ family: Int32, _ address: ListenAddress) throws(ServerError) -> Int32 {
    let descriptor = socket(family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
    guard descriptor >= 0 else { throw .system(address, call: "socket", errno: errno) }
    return descriptor
  }

  private static func boundPort(_ descriptor: Int32) -> Int? {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let known = withUnsafeMutablePointer(to: &storage) { storage in
      storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
    }
    guard known == 0 else { return nil }
    // In the structures of both families the port is the big-endian number after the family.
    return withUnsafeBytes(of: &storage) { Int($0[2]) << 8 | Int($0[3]) }
  }
}

extension ServerError {
  /// The error that an errno of bind means.
  static func binding(_ address: ListenAddress, _ code: Int32) -> ServerError {
    switch code {
    case EADDRINUSE: .addressInUse(address)
    case EACCES, EPERM: .permissionDenied(address)
    default: .system(address, call: "bind", errno: code)
    }
  }
}
