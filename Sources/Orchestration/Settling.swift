// The initial start as a whole: who has settled, and which layers are open (rules 22, 23).

/// How far the initial start has come. Layers only ever settle, so one number says which barriers are open.
struct Settling: Sendable {
  var isBooted = false
  /// How many services of each computed layer have not settled yet; layers compressed to those that exist, in order.
  var unsettled: [Int]
  /// The layers that exist, ascending.
  let layers: [Int]
  /// For each service the position of its layer in `layers`.
  let position: [Int]
  /// The first position whose layer has services that have not settled.
  var open = 0
  /// The services with a barrier before them, by it, ascending.
  let barriers: [(layer: Int, index: Int)]
  /// How many of `barriers` have been told that they are open.
  var opened = 0
  /// For a layer the services that are in it, in the order of the file.
  let members: [[Int]]
  /// Where in its layer's members the last one stands that has not settled: whom barriers name, since it most likely settles last.
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

  /// The same for a file that was put in place of another, where some have settled before.
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

  /// A service has settled: its layer has one less that has not.
  mutating func settle(_ index: Int, hasSettled: (Int) -> Bool) {
    let position = position[index]
    unsettled[position] -= 1
    while lastUnsettled[position] >= 0, hasSettled(members[position][lastUnsettled[position]]) { lastUnsettled[position] -= 1 }
    advance()
  }

  /// A service of a lower layer that has not settled yet, for one with this explicit layer that has its first start before it.
  func barrier(before layer: Int?) -> ServiceID? {
    guard isBooted, let layer, let lowest, lowest < layer else { return nil }
    return named.map { ServiceID($0) }
  }

  /// The services behind barriers that are to be told: those that are open now, and those that name another now.
  mutating func openBarriers() -> [Int] {
    let told = barriers[opened...].map(\.index)
    while opened < barriers.count, isOpen(before: barriers[opened].layer) { opened += 1 }
    return told
  }

  /// Passes layers that have settled.
  mutating func advance() {
    while open < layers.count, unsettled[open] == 0 { open += 1 }
  }

  /// Whether barriers before this layer are open.
  func isOpen(before layer: Int) -> Bool {
    lowest.map { $0 >= layer } ?? true
  }

  /// Whom a closed barrier names; nil: all have settled.
  var named: Int? {
    guard open < layers.count, lastUnsettled[open] >= 0 else { return nil }
    return members[open][lastUnsettled[open]]
  }

  /// The lowest layer that has not settled; nil: all have.
  var lowest: Int? {
    open < layers.count ? layers[open] : nil
  }
}
