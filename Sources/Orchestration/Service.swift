// One service inside the core: what the orchestrator keeps of it beside its machine.

/// A service among its neighbours.
struct Service: Sendable {
  /// The machine that neighbours, registry and readers see.
  var machine: MachineID
  /// The standing that this machine told last.
  var standing = Standing()
  /// The last wish of a person, before this Stoker.
  var wish: Bool?
  /// It was said that nothing of it is left.
  var hasRetired = false
  /// Settled at least once (rule 22).
  var hasSettled = false
  /// How many of its dependents have a run: all, and those that require it.
  var occupied = (all: 0, requiring: 0)
  /// Its share of the sums of the node.
  var counted = Sums.Share()
  /// Its entry in the registry.
  var entry: ServiceEntry
  /// Waits in the queue of what is to be looked at again.
  var isMarked = false
  /// Its view changed since the shell last took it.
  var isTouched = true

  init(_ spec: ServiceSpec, _ id: ServiceID, type: String, _ machine: MachineID) {
    self.machine = machine
    entry = ServiceEntry(id, type: type, timeToLive: spec.heartbeat.timeout)
  }

  /// Why it is to be looked at when a neighbour changed.
  var concernsNeighbours: Bool {
    standing.status == .waiting || standing.isStopDue
  }
}
