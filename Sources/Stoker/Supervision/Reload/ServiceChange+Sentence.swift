// Sentences about the change of a service from one file to the next.

import ServiceFile

extension ServiceChange.Action {
  /// The keys that changed.
  var reasons: [String] {
    switch self {
    case .restarted(let reasons, let others): reasons + others
    case .updated(let reasons): reasons
    case .added, .removed, .unchanged: []
    }
  }
}

extension ServiceChange {
  /// "dao: restarted: command, limits.nofile have changed".
  package var sentence: String {
    switch action {
    case .added: "\(name): added"
    case .removed: "\(name): removed"
    case .restarted(let reasons, let others):
      "\(name): restarted, for \(reasons.joined(separator: ", "))"
        + (others.isEmpty ? "" : "; changed too: \(others.joined(separator: ", "))")
    case .updated(let reasons): "\(name): updated without a restart: \(reasons.joined(separator: ", "))"
    case .unchanged: "\(name): unchanged"
    }
  }
}
