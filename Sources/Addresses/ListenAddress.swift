// Addresses that a server listens on: a TCP host and port, or the path of a Unix socket.

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
    do throws(AddressFault) {
      if text.hasPrefix("unix:") {
        let path = String(text.dropFirst("unix:".count))
        try UnixSocketPath.check(path)
        self = .unix(path: path)
      } else {
        let address = try HostPort(parsing: text, ports: 0...65535)
        self = .tcp(host: address.host, port: address.port)
      }
    } catch {
      throw ListenAddressError(text: text, fault: error)
    }
  }

  /// The address as ``init(parsing:)`` reads it.
  public var description: String {
    switch self {
    case .tcp(let host, let port): HostPort(host: host, port: port).description
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

/// A text that is not an address to listen on.
public struct ListenAddressError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The text that was given.
  public let text: String
  /// The fault in it.
  package let fault: AddressFault

  /// One sentence with examples of what would be right.
  public var description: String {
    let advice = fault.advice.map { " (\($0))" } ?? ""
    return "'\(text)' is not an address to listen on\(advice); write 127.0.0.1:10101, [::1]:10101, 0.0.0.0:10101 or unix:/run/example.sock"
  }
}
