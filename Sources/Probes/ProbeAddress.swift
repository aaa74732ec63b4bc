// Where a check connects to.

/// The two kinds of sockets that a check can connect to. The description is what messages call it.
package enum ProbeAddress: Sendable, Hashable, CustomStringConvertible {
  /// A name or literal (IPv6 without brackets), and a port from 1 to 65535.
  case tcp(host: String, port: Int)
  /// The absolute path of a Unix socket.
  case unix(path: String)

  /// `HOST:PORT`, `[V6]:PORT`, or the socket's path.
  package var description: String {
    switch self {
    case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    case .unix(let path): path
    }
  }
}
