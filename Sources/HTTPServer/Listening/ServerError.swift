// Errors at the start of a server.

import Addresses
import Linux

/// The reason why a server could not start. No listener is bound after it.
package enum ServerError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Another process (or another listener of this server) has the address.
  case addressInUse(ListenAddress)
  /// The system does not let this user have the address.
  case permissionDenied(ListenAddress)
  /// A host name that cannot be resolved, and the resolver's words.
  case unknownHost(ListenAddress, String)
  /// A Unix socket's path is longer than the system can take.
  case pathTooLong(ListenAddress, limit: Int)
  /// The file at a Unix socket's path is no socket.
  case notASocket(ListenAddress)
  /// Another user could have placed a link on the way to a Unix socket, or a file beside it: which, and what to do.
  case unsafe(ListenAddress, String)
  /// The server was stopped before it had started.
  case stopped
  /// A system call failed: its name and its errno.
  case system(ListenAddress, call: String, errno: Int32)
  /// The server was started before; make a new one.
  case alreadyStarted

  /// One sentence with the fault and the address.
  package var description: String {
    switch self {
    case .addressInUse(let address): "address \(address) is already in use"
    case .permissionDenied(.unix(let path)): "no permission to create the socket \(path)"
    case .permissionDenied(.tcp(let host, let port)):
      "no permission to listen on \(ListenAddress.tcp(host: host, port: port))"
        + (port < 1024 ? "; ports below 1024 need root or CAP_NET_BIND_SERVICE" : "")
    case .unknownHost(let address, let reason): "cannot listen on \(address): its host name cannot be resolved (\(reason))"
    case .pathTooLong(let address, let limit): "cannot listen on \(address): the path of a socket has at most \(limit) bytes"
    case .notASocket(let address): "cannot listen on \(address): a file that is not a socket stands there"
    case .unsafe(let address, let reason): "cannot listen on \(address): \(reason)"
    case .stopped: "the server was stopped before it had started"
    case .system(let address, let call, let errno): "cannot listen on \(address): \(call): \(SystemError(errno: errno))"
    case .alreadyStarted: "the server was started before; a stopped server does not start again"
    }
  }
}
