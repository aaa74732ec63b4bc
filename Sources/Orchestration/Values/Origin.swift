// The origin of a change.

/// The origin of a change (rule 27).
package enum Origin: Hashable, Sendable {
  /// The service file, at the start of Stoker.
  case boot
  /// The command line, over the control socket or loopback.
  case commandLine(peer: String)
  /// The HTTP interface.
  case api(peer: String)
  /// A signal to Stoker itself.
  case signal(String)
  /// The embedding program.
  case program
  /// A condition under which everything is stopped without a request (rule 90).
  case ending(StopReport.Ending)
  /// The origin of a request to an earlier Stoker, in the words that were recorded.
  case earlier(String)
}

extension Origin {
  /// The origin in a few words.
  package var text: String {
    switch self {
    case .boot: "the service file"
    case .commandLine(let peer): peer.isEmpty ? "the command line" : "the command line \(peer)"
    case .api(let peer): peer.isEmpty ? "api" : "api \(peer)"
    case .signal(let name): name
    case .program: "the program"
    case .ending(let ending): ending.reason
    case .earlier(let text): text
    }
  }

  /// Whether it is a person or a program that asks for single services.
  var isCaller: Bool {
    switch self {
    case .commandLine, .api, .program, .earlier: true
    case .boot, .signal, .ending: false
    }
  }

  private static let asked = "requested by "

  /// A request as the cause of a change, in words.
  package var request: String { ending == nil ? Self.asked + text : "since \(text)" }

  /// The condition that came about, if nobody asked.
  package var ending: StopReport.Ending? {
    if case .ending(let ending) = self { ending } else { nil }
  }

  /// The origin of a request in the words of its cause, as they were recorded; nil: another cause.
  package static func recorded(in cause: String) -> Origin? {
    cause.hasPrefix(asked) ? .earlier(String(cause.dropFirst(asked.count))) : nil
  }
}
