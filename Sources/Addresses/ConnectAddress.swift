// Addresses to connect to.

/// A socket that a check or a client connects to. The description is its name in messages.
package enum ConnectAddress: Sendable, Hashable, CustomStringConvertible {
  /// A host and a port from 1 to 65535.
  case tcp(HostPort)
  /// The absolute path of a Unix socket.
  case unix(path: String)

  /// `HOST:PORT`, `[V6]:PORT`, or the socket's path.
  package var description: String {
    switch self {
    case .tcp(let address): address.description
    case .unix(let path): path
    }
  }
}
