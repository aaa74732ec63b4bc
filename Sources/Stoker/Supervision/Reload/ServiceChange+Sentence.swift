// Sentences about the change of a service from one file to the next.

import ServiceFile

extension ServiceChange.Action {
  /// The keys that changed.
  var reasons: [String] {
    switch self {
    case .restarted(let reasons, let others), .deferred(let reasons, let others): reasons + others
    case .started(let others), .stopped(let others): ["enabled"] + others
    case .updated(let reasons): reasons
    case .added, .removed, .unchanged: []
    }
  }
}

extension ServiceChange {
  /// "dao: restarted, for command, limits.nofile".
  package var sentence: String {
    func list(_ keys: [String], after words: String) -> String { keys.isEmpty ? "" : words + keys.joined(separator: ", ") }
    return switch action {
    case .added: "\(name): added"
    case .removed: "\(name): removed"
    case .restarted(let reasons, let others): "\(name): restarted" + list(reasons, after: ", for ") + list(others, after: "; changed too: ")
    case .updated(let reasons): "\(name): updated without a restart" + list(reasons, after: ": ")
    case .deferred(let reasons, let others):
      "\(name): updated" + list(reasons, after: ", with effect from its next start: ") + list(others, after: "; at once: ")
    case .started(let others): "\(name): started, for enabled" + list(others, after: "; changed too: ")
    case .stopped(let others): "\(name): stopped, for enabled" + list(others, after: "; changed too: ")
    case .unchanged: "\(name): unchanged"
    }
  }
}
