// The full stop (rule 24).

/// A full stop, under way or over.
struct FullStop: Sendable {
  /// The number of services with a run in each explicit layer, by position in `layers`.
  private var occupied: [Int]
  /// The explicit layers of the file, ascending.
  private let layers: [Int]
  /// The highest position in `layers` with a run; -1: none.
  private var highest: Int
  /// The services that had to be killed, in that order.
  var killed: [ServiceID] = []
  /// Whether everything is to be killed at once.
  var isForced = false
  /// Whether the report was made.
  var isOver = false

  /// A full stop that begins now. `services`: the explicit layer of each service, and whether it has a run.
  init(_ services: [(layer: Int?, occupies: Bool)]) {
    let layers = Set(services.compactMap(\.layer)).sorted()
    var occupied = Array(repeating: 0, count: layers.count)
    for service in services where service.occupies {
      if let position = service.layer.flatMap({ layers.firstIndex(of: $0) }) { occupied[position] += 1 }
    }
    self.layers = layers
    self.occupied = occupied
    highest = occupied.lastIndex { $0 > 0 } ?? -1
  }

  /// Whether a service of an explicit layer above this computed layer still has a run.
  func holds(_ layer: Int) -> Bool {
    highest >= 0 && layers[highest] > layer
  }

  /// Counts runs of an explicit layer. Returns whether the highest layer with a run has changed.
  mutating func count(_ layer: Int, by step: Int) -> Bool {
    guard let position = layers.firstIndex(of: layer) else { return false }
    occupied[position] += step
    let before = highest
    while highest >= 0, occupied[highest] == 0 { highest -= 1 }
    return highest != before
  }
}
