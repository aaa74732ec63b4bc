// The answer to a reload.

import ServiceFile

/// The outcome of a reload.
enum ReloadOutcome: Sendable {
  /// Applied, or what would be.
  case planned(ServiceFileDiff)
  /// The file is wrong: nothing was changed. All that is wrong with it, a line each.
  case wrong([String])
  /// There is nothing to reload, or not now.
  case refused(String)
}
