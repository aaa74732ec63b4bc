// One service inside the core: the facts that the orchestrator keeps next to its machine.

/// A service among its neighbours.
struct Service: Sendable {
  /// The machine that neighbours, registry and readers see.
  var machine: MachineID
  /// The standing that this machine published last.
  var standing = Standing()
  /// The last wish of a person under an earlier Stoker.
  var wish: Bool?
  /// Whether its end after a removal was reported.
  var hasRetired = false
  /// Whether it has settled at least once (rule 22).
  var hasSettled = false
  /// The number of its dependents with a run: all, and the ones that require it.
  var occupied = (all: 0, requiring: 0)
  /// Its share of the sums of the node.
  var counted = Sums.Share()
  /// Its share of the watch for the end of the whole.
  var ended = EndWatch.Share()
  /// Its entry in the registry.
  var entry: ServiceEntry

  init(_ spec: ServiceSpec, _ id: ServiceID, type: String, _ machine: MachineID) {
    self.machine = machine
    entry = ServiceEntry(id, type: type)
  }

  /// Whether it has settled: by its standing, or because it waits only for services that have settled (rule 22).
  func isSettled(_ blockers: [Blocker], among services: [Service]) -> Bool {
    guard standing.status == .waiting else { return standing.isSettled }
    return !blockers.isEmpty && blockers.allSatisfy { services[$0.service.index].hasSettled }
  }

  /// Whether a change of a neighbour concerns it.
  var isConcernedByNeighbours: Bool {
    standing.status == .waiting || standing.isStopDue
  }
}
