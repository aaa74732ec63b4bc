// The journal's messages for the log.

/// A message of the journal, once for each change of its condition.
package enum JournalNotice: Sendable, Equatable, CustomStringConvertible {
  /// It cannot be written; records wait in memory, as far as there is room.
  case failing(String)
  /// It can be written again.
  case recovered
  /// The database was damaged: it was moved to `path`, and a new one was begun.
  case setAside(path: String, why: String)

  /// The message as a sentence.
  package var description: String {
    switch self {
    case .failing(let problem): "the journal is not written, Stoker runs on without it: \(problem)"
    case .recovered: "the journal is written again"
    case .setAside(let path, let why): "the journal was damaged (\(why)): moved to '\(path)', and a new one begun"
    }
  }
}
