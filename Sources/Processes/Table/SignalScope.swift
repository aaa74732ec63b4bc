// Who gets a signal.

/// Who of a run gets a signal.
package enum SignalScope: Hashable, Sendable, CaseIterable {
  /// Everything of it.
  case everything
  /// Its main process alone: the first one, or the one that it named in its stead.
  case leader
}
