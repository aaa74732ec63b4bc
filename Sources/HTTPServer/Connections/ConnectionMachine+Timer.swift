// How long the deadlines of a connection are, and whose fault it is when they pass.

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

  /// What the observer is told when it passes; the end of silence and of lingering is nobody's fault.
  var reason: RejectReason? {
    switch self {
    case .header: .headerTimeout
    case .body: .bodyTimeout
    case .write: .writeTimeout
    case .idle, .linger: nil
    }
  }
}
