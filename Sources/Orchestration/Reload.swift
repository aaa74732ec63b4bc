// The replacement of the service file by another.

/// The request of a reload: the graph of the new file, and the consequence for each service. The caller has compared
/// the files.
package struct Reload: Sendable {
  /// The services of the new file, in its order, and after them the removed services that have still to end
  /// (`retiring`).
  package var graph: DependencyGraph
  /// The registry type of each service of `graph`.
  package var types: [String]
  /// The earlier number of each service of `graph`; nil: it is new.
  package var origins: [ServiceID?]
  /// The services that are no longer in the file.
  package var retiring: Set<ServiceID>
  /// The services whose running process does not match the file any more.
  package var restarting: Set<ServiceID>
  /// The services whose check, or its schedule, has changed.
  package var rechecking: Set<ServiceID>
  /// The last run of each new service that had runs before; the number of its next run must be higher.
  package var lastRuns: [ServiceID: UInt64] = [:]

  /// A reload.
  package init(
    graph: DependencyGraph, types: [String], origins: [ServiceID?], retiring: Set<ServiceID> = [], restarting: Set<ServiceID> = [],
    rechecking: Set<ServiceID> = []
  ) {
    self.graph = graph
    self.types = types
    self.origins = origins
    self.retiring = retiring
    self.restarting = restarting
    self.rechecking = rechecking
  }
}
