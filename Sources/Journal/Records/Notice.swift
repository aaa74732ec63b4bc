// What the journal has to say to whoever keeps the log.

extension Journal {
  /// What the journal has to say, once for each turn of events.
  package enum Notice: Sendable, Equatable, CustomStringConvertible {
    /// It cannot be written; what is appended waits in memory, as far as there is room.
    case failing(String)
    /// It is written again.
    case recovered
    /// The database was damaged: it was moved to `path`, and a new one begun.
    case setAside(path: String, why: String)

    /// In a sentence.
    package var description: String {
      switch self {
      case .failing(let problem): "the journal is not written, Stoker runs on without it: \(problem)"
      case .recovered: "the journal is written again"
      case .setAside(let path, let why): "the journal was damaged (\(why)): moved to '\(path)', and a new one begun"
      }
    }
  }
}
