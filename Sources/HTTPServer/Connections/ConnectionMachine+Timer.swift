// Lengths of a connection's deadlines, and the reasons to report when they pass.

import NIOCore

extension ConnectionMachine.Timer {
  func length(_ configuration: ServerConfiguration) -> TimeAmount {
    switch self {
    case .header: TimeAmount(configuration.headerDeadline)
    case .idle: TimeAmount(configuration.idleTimeout)
    case .body: TimeAmount(configuration.requestTimeout)
    case .write: TimeAmount(configuration.writeTimeout)
    case .linger: TimeAmount(configuration.lingerTimeout)
    }
  }

  /// The reason for the observer when the deadline passes; nil for the ends of idling and lingering, which are no faults.
  var reason: RejectReason? {
    switch self {
    case .header: .headerTimeout
    case .body: .bodyTimeout
    case .write: .writeTimeout
    case .idle, .linger: nil
    }
  }
}
