// The progress of the initial start: settled services and open layers (rules 22, 23).

/// The progress of the initial start. A settled layer stays settled, so one number tells the open barriers from the
/// closed ones.
struct Settling: Sendable {
  var isBooted = false
  /// The number of services in each computed layer that have not settled yet, by position in `layers`.
  var unsettled: [Int]
  /// The computed layers of the file, ascending.
  let layers: [Int]
  /// The position of each service's layer in `layers`.
  let position: [Int]
  /// The first position with a service that has not settled.
  var open = 0
  /// The services with a barrier before them, ascending by layer.
  let barriers: [(layer: Int, index: Int)]
  /// The number of `barriers` that were reported as open.
  var opened = 0
  /// The services of each layer, in the order of the file.
  let members: [[Int]]
  /// The position, among its layer's members, of the last service that has not settled. Barriers name it, as it most
  /// likely settles last.
  var lastUnsettled: [Int]

  init(_ graph: DependencyGraph) {
    let layers = Set(graph.layers).sorted()
    var positions: [Int: Int] = [:]
    for (position, layer) in layers.enumerated() { positions[layer] = position }
    let position = graph.layers.map { positions[$0] ?? 0 }
    var members = Array(repeating: [Int](), count: layers.count)
    for (index, position) in position.enumerated() { members[position].append(index) }
    self.layers = layers
    self.position = position
    self.members = members
    unsettled = members.map(\.count)
    lastUnsettled = members.map { $0.count - 1 }
    barriers = graph.services.indices.filter { (graph.services[$0].layer ?? 0) > 0 }
      .map { (layer: graph.services[$0].layer ?? 0, index: $0) }.sorted { $0 < $1 }
  }

  /// The progress after a reload, when some services have settled before.
  init(_ graph: DependencyGraph, booted isBooted: Bool, hasSettled: (Int) -> Bool) {
    self.init(graph)
    self.isBooted = isBooted
    for (at, members) in members.enumerated() {
      unsettled[at] = members.count { !hasSettled($0) }
      lastUnsettled[at] = members.lastIndex { !hasSettled($0) } ?? -1
    }
    advance()
    opened = barriers.prefix { isOpen(before: $0.layer) }.count
  }

  /// Counts a service that has settled.
  mutating func settle(_ index: Int, hasSettled: (Int) -> Bool) {
    let position = position[index]
    unsettled[position] -= 1
    while lastUnsettled[position] >= 0, hasSettled(members[position][lastUnsettled[position]]) { lastUnsettled[position] -= 1 }
    advance()
  }

  /// A service of a lower layer that has not settled yet and blocks the first start of a service with this explicit
  /// layer.
  func barrier(before layer: Int?) -> ServiceID? {
    guard isBooted, let layer, let lowest, lowest < layer else { return nil }
    return named.map { ServiceID($0) }
  }

  /// The services behind barriers to look at again: barriers that are open now, and barriers that name another service
  /// now.
  mutating func openBarriers() -> [Int] {
    let behind = barriers[opened...].map(\.index)
    while opened < barriers.count, isOpen(before: barriers[opened].layer) { opened += 1 }
    return behind
  }

  /// Moves on over the layers that have settled.
  mutating func advance() {
    while open < layers.count, unsettled[open] == 0 { open += 1 }
  }

  /// Whether the barriers before this layer are open.
  func isOpen(before layer: Int) -> Bool {
    lowest.map { $0 >= layer } ?? true
  }

  /// The service that a closed barrier names; nil: all have settled.
  var named: Int? {
    guard open < layers.count, lastUnsettled[open] >= 0 else { return nil }
    return members[open][lastUnsettled[open]]
  }

  /// The lowest layer that has not settled; nil: all have settled.
  var lowest: Int? {
    open < layers.count ? layers[open] : nil
  }
}
