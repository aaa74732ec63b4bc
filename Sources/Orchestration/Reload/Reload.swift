// Another service file in place of the present one.

/// The request of a reload: the graph of the new file, and what becomes of each service. The caller has compared the files.
public struct Reload: Sendable {
  /// The services of the new file, in its order, and behind them those that are taken out and have still to end (`retiring`).
  public var graph: DependencyGraph
  /// The registry types, per service of `graph`.
  public var types: [String]
  /// For each service of `graph` which it was until now; nil: it is new.
  public var origins: [ServiceID?]
  /// Those that are no longer in the file.
  public var retiring: Set<ServiceID>
  /// Those whose running process is not what the file says any more.
  public var restarting: Set<ServiceID>
  /// Those whose check asks something else, or at other times.
  public var rechecking: Set<ServiceID>
  /// The last run of each new one that was there before; its next run must exceed it.
  public var lastRuns: [ServiceID: UInt64] = [:]

  /// A reload.
  public init(
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
