// The service file in place, and the remains of earlier ones.

import Orchestration
import Processes
import ServiceFile
import ServiceLogs

/// The state of reloads.
struct ReloadState {
  /// The service file in place; nil if the services come from the embedding program alone.
  var file: ServiceFile?
  /// Makes the services of a new file.
  let factory: ServiceFactory
  /// Called when another file is in place.
  let didReload: (@Sendable (ServiceFile) -> Void)?
  /// The ticket of the newest file that was put in place or had errors.
  var ticket: UInt64 = 0
  /// Services that a reload removed and that have ended.
  var retired: [ServiceID] = []
  /// The last run of each service that is no longer in the file: if it comes back, its next run is higher.
  var lastRuns: [String: UInt64] = [:]
  /// Logs whose path a reload has changed: closed when the run that writes there is over.
  var formerLogs: [RunKey: ServiceLog] = [:]

  init(file: ServiceFile?, factory: ServiceFactory, didReload: (@Sendable (ServiceFile) -> Void)?) {
    self.file = file
    self.factory = factory
    self.didReload = didReload
  }

  /// Puts another file in place.
  mutating func put(_ new: ServiceFile) {
    file = new
    didReload?(new)
  }
}
