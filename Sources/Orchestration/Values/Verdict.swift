// What becomes of a command.

/// What became of a command.
package enum Verdict: Sendable, Equatable {
  /// It is under way (or was fulfilled already); these others are started or stopped with it.
  case accepted(alsoStarted: [ServiceID], alsoStopped: [ServiceID])
  /// It was refused; nothing has changed.
  case refused(Refusal)
}
