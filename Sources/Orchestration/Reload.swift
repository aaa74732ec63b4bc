// Another service file in place of the present one.

/// The request of a reload: the graph of the new file, and what becomes of each service. The caller has compared the files.
package struct Reload: Sendable {
  /// The services of the new file, in its order, and behind them those that are taken out and have still to end (`retiring`).
  package var graph: DependencyGraph
  /// The registry types, per service of `graph`.
  package var types: [String]
  /// For each service of `graph` which it was until now; nil: it is new.
  package var origins: [ServiceID?]
  /// Those that are no longer in the file.
  package var retiring: Set<ServiceID>
  /// Those whose running process is not what the file says any more.
  package var restarting: Set<ServiceID>
  /// Those whose check asks something else, or at other times.
  package var rechecking: Set<ServiceID>
  /// The last run of each new one that was there before; its next run must exceed it.
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
