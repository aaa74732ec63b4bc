// Where a server listens: a TCP host and port, or the path of a Unix socket.

/// An address to listen on, written `127.0.0.1:10101`, `[::1]:10101`, `localhost:80` or `unix:/run/some.sock`.
public enum ListenAddress: Hashable, Sendable, CustomStringConvertible {
  /// An IP literal or a host name (IPv6 without its brackets), and a port; port 0 lets the kernel choose.
  ///
  /// A name is resolved when the server starts; where it has several addresses, the first IPv4 one is taken.
  case tcp(host: String, port: Int)
  /// The absolute path of a Unix stream socket, 107 bytes at most.
  case unix(path: String)

  /// Reads an address as people write it.
  public init(parsing text: String) throws(ListenAddressError) {
    if text.hasPrefix("unix:") {
      let path = String(text.dropFirst("unix:".count))
      guard path.hasPrefix("/"), !path.hasSuffix("/"), !path.utf8.contains(0) else { throw ListenAddressError(text, .pathNotAbsolute) }
      self = .unix(path: path)
      return
    }
    guard let authority = Authority(parsing: text) else { throw ListenAddressError(text, .malformed) }
    guard let port = authority.port else { throw ListenAddressError(text, .portMissing) }
    self = .tcp(host: authority.host, port: port)
  }

  /// The address as ``init(parsing:)`` reads it.
  public var description: String {
    switch self {
    case .tcp(let host, let port): Authority(host: host, port: port).description
    case .unix(let path): "unix:\(path)"
    }
  }

  /// Whether only this machine can reach the address: a loopback IP literal, `localhost`, or a Unix socket.
  public var isLocal: Bool {
    switch self {
    case .tcp(let host, _): host.lowercased() == "localhost" || (IPLiteral(host)?.isLoopback ?? false)
    case .unix: true
    }
  }
}
