// The service file in place, and what files before it have left behind.

import Orchestration
import Processes
import ServiceFile
import ServiceLogs

/// The memory of reloads.
struct ReloadState {
  /// The service file that the services are from, if they are from one.
  var file: ServiceFile?
  /// Told when another file is in place.
  let didReload: (@Sendable (ServiceFile) -> Void)?
  /// The ticket of the newest file that was put in place or found wrong.
  var ticket: UInt64 = 0
  /// Services that a reload took out of the file, and of which nothing is left any more.
  var retired: [ServiceID] = []
  /// The last run of each service that is not in the file any more: should it come back, the next is higher.
  var lastRuns: [String: UInt64] = [:]
  /// Logs that a reload has given another place: closed when the run that writes there is over.
  var formerLogs: [RunKey: ServiceLog] = [:]

  init(file: ServiceFile?, didReload: (@Sendable (ServiceFile) -> Void)?) {
    self.file = file
    self.didReload = didReload
  }

  /// Another file is in place.
  mutating func put(_ new: ServiceFile) {
    file = new
    didReload?(new)
  }
}
