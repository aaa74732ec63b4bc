// The other ends of connections.

/// The other end of a connection.
package enum Peer: Hashable, Sendable {
  /// A process of this machine, through a Unix socket that its permissions let it open; nil: the kernel did not name it.
  case unix(PeerProcess?)
  /// A process of this machine over loopback TCP: any local user. Address and port.
  case loopback(String)
  /// A client on another machine. Address and port.
  case remote(String)

  /// The peer for logs and histories: `127.0.0.1:51234`, or `unix: root (0), pid 4711`.
  /// - Parameter user: The name of its user, where it is known.
  package func text(user: String? = nil) -> String {
    switch self {
    case .unix(let process?): "unix: \(process.text(user: user))"
    case .unix(nil): "unix"
    case .loopback(let address), .remote(let address): address
    }
  }
}

/// The process that opened a connection to a Unix socket, as the kernel names it. No client can forge it.
package struct PeerProcess: Hashable, Sendable {
  /// The number of its user.
  package let user: UInt32
  /// Its number; nil where it lives in a process namespace that this process cannot see.
  package let pid: Int32?

  /// A process.
  package init(user: UInt32, pid: Int32?) {
    self.user = user
    self.pid = pid
  }

  fileprivate func text(user name: String?) -> String {
    (name.map { "\($0) (\(user))" } ?? "uid \(user)") + (pid.map { ", pid \($0)" } ?? "")
  }
}
