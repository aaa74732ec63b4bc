// The moves of services and their machines to their places in another file.

/// The places in the graph of a reload.
struct Moves {
  private let reload: Reload
  /// The new place of each service of the file before; nil: it is removed.
  private let places: [ServiceID?]

  init(of services: [Service], _ reload: Reload) {
    var places = Array(repeating: ServiceID?.none, count: services.count)
    for (index, old) in reload.origins.enumerated() { if let old { places[old.index] = ServiceID(index) } }
    (self.reload, self.places) = (reload, places)
  }

  /// The new place of a service; nil: it is removed.
  func place(of id: ServiceID) -> ServiceID? { places[id.index] }

  /// The services of the new file; one that stays keeps its facts.
  func services(_ old: [Service], _ specs: [ServiceSpec], at now: Instant) -> [Service] {
    reload.graph.services.indices.map { index in
      let spec = reload.graph.services[index]
      guard let origin = reload.origins[index] else {
        return Service(spec, ServiceID(index), type: reload.types[index], MachineID(index: index))
      }
      return old[origin.index].moved(
        to: ServiceID(index), MachineID(index: index), type: reload.types[index], from: specs[origin.index], spec, at: now)
    }
  }

  /// The machines in the order of their services; a service that stays keeps its machine.
  func machines(_ machines: [ServiceMachine], of old: [Service], at now: Instant) -> [ServiceMachine] {
    reload.graph.services.indices.map { index in
      guard let origin = reload.origins[index] else {
        var machine = ServiceMachine(reload.graph.services[index], ServiceID(index), at: now)
        machine.values.run = reload.lastRuns[ServiceID(index)] ?? 0
        return machine
      }
      return machines[old[origin.index].machine.index].moved(to: ServiceID(index), reload.graph.services[index], place)
    }
  }

  /// The new place of each machine that stays.
  func machinePlaces(_ old: [Service], _ new: [Service]) -> [MachineID: MachineID] {
    var machines: [MachineID: MachineID] = [:]
    for (index, place) in places.enumerated() { if let place { machines[old[index].machine] = new[place.index].machine } }
    return machines
  }
}

extension Service {
  /// The same service at another place, with a place for its machine.
  fileprivate func moved(
    to id: ServiceID, _ machine: MachineID, type: String, from old: ServiceSpec, _ spec: ServiceSpec, at now: Instant
  ) -> Service {
    var service = self
    service.machine = machine
    service.occupied = (0, 0)
    service.counted = Sums.Share()
    service.ended = EndWatch.Share()
    service.entry.move(to: id, type: type, old, spec, at: now)
    return service
  }
}
