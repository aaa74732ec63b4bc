// What others ask of the journal's thread.

/// What others ask of the journal's thread.
enum Request: Sendable {
  /// What an earlier Stoker left.
  case load(Answer<Journal.Loaded>)
  /// The runs of a service, newest first.
  case history(service: String, limit: Int, Answer<[RunEntry]>)
  /// Write what has come, now. Whether nothing is left.
  case flush(Answer<Bool>)
  /// Write what has come, then let go of the database. In order: with the mark that all has been written. Whether the mark was made.
  case close(inOrder: Bool, Answer<Bool>)
}
