// The result of a reload.

import ServiceFile

/// The result of a reload.
enum ReloadResult: Sendable {
  /// The changes, applied or, in a dry run, planned; and what keeps services from their next start.
  case planned(ServiceFileDiff, warnings: [String])
  /// The file has errors, one in each line: nothing was changed.
  case wrong([String])
  /// There is no file to reload, or not now.
  case refused(String)
}
