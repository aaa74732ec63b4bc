// The receivers of a signal.

/// The processes of a run that get a signal.
package enum SignalScope: Hashable, Sendable, CaseIterable {
  /// All of them.
  case everything
  /// The main process alone: the first one, or the one that the run named.
  case leader
}
