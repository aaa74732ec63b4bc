// The rights of callers, decided in one place.

import Addresses

/// The rights of a caller; each includes those before it.
package enum Rights: Int, Comparable, Sendable {
  /// Metrics, service discovery and liveness alone.
  case none
  /// The state of services too.
  case reading
  /// Changes and the output of services too.
  case control

  /// The rights of a caller that proves nothing except where it calls from (rule 34). A caller that proves a role will have the rights of
  /// that role instead.
  ///
  /// The listener counts as well as the peer: a loopback peer of a public listener may be a proxy.
  static func of(_ peer: Peer, on listener: ListenAddress, _ scope: ControlScope) -> Rights {
    guard listener.isLocal else { return .none }
    switch peer {
    case .unix: return .control
    case .loopback: return scope == .loopback ? .control : .reading
    case .remote: return .none
    }
  }

  /// Whether the caller may change something.
  package var mayControl: Bool { self >= .control }

  /// Whether the caller gets output of services.
  package var mayReadOutput: Bool { self >= .control }

  package static func < (one: Rights, other: Rights) -> Bool { one.rawValue < other.rawValue }
}

/// The things that a caller with ``Rights/reading`` alone does not get.
package enum Withheld: String, Sendable {
  case changes = "Changes are possible"
  case output = "Output of services is given"

  /// The reason and the remedy, in one sentence.
  /// - Parameter command: The command line that does the same over the Unix socket.
  package func sentence(instead command: String?) -> String {
    let way = command.map { "run '\($0)' without --url and STOKER_URL" } ?? "use that"
    return "\(rawValue) only through the Unix socket here; \(way), or set stoker.control: loopback"
  }
}
