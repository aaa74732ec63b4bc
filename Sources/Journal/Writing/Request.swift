// Requests to the journal's thread.

/// A request to the journal's thread.
enum Request: Sendable {
  /// Reads the state that an earlier Stoker left.
  case load(Answer<StoredState>)
  /// Reads the runs of a service, newest first.
  case history(service: String, limit: Int, Answer<[RunEntry]>)
  /// Writes all records now. The answer: whether none is left.
  case flush(Answer<Bool>)
  /// Writes all records, then closes the database. `inOrder`: with the mark that all has been written. The answer:
  /// whether the mark was made.
  case close(inOrder: Bool, Answer<Bool>)

  /// Answers a request that comes after the end of the thread.
  func refuse(_ inbox: Inbox) {
    switch self {
    case .load(let answer): answer.give(StoredState())
    case .history(let service, let limit, let answer): answer.give(inbox.history(of: service, limit: limit))
    case .flush(let answer): answer.give(inbox.isEmpty)
    case .close(_, let answer): answer.give(false)
    }
  }
}
