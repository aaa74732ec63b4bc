// The other ends of connections.

/// The other end of a connection. Its text (`unix`, `127.0.0.1:51234`) is fit for logs and histories.
package enum Peer: Hashable, Sendable, CustomStringConvertible {
  /// A process of this machine, through a Unix socket that its permissions let it open.
  case unix
  /// A process of this machine over loopback TCP: any local user. Address and port.
  case loopback(String)
  /// A client on another machine. Address and port.
  case remote(String)

  /// `unix`, or address and port.
  package var description: String {
    switch self {
    case .unix: "unix"
    case .loopback(let address), .remote(let address): address
    }
  }

  /// Whether the other end is on this machine.
  package var isLocal: Bool {
    switch self {
    case .unix, .loopback: true
    case .remote: false
    }
  }
}
