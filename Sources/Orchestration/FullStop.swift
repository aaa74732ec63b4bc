// The full stop of everything (rule 24).

/// A full stop that is under way, or over.
struct FullStop: Sendable {
  /// How many services with a run have each explicit layer; layers compressed to those that exist, in order.
  private var occupied: [Int]
  /// The explicit layers that exist, ascending.
  private let layers: [Int]
  /// The highest position in `layers` that still has a run; -1: none.
  private var highest: Int
  /// Services that had to be killed, in the order in which they were.
  var killed: [ServiceID] = []
  /// Everything is to be killed at once.
  var isForced = false
  /// The report was made.
  var isOver = false

  /// A full stop that begins now: of each service its explicit layer, and whether it has a run.
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

  /// Whether a service of an explicit layer above this computed one still runs.
  func holds(_ layer: Int) -> Bool {
    highest >= 0 && layers[highest] > layer
  }

  /// Counts runs of an explicit layer. Returns whether another layer is the highest now.
  mutating func count(_ layer: Int, by step: Int) -> Bool {
    guard let position = layers.firstIndex(of: layer) else { return false }
    occupied[position] += step
    let before = highest
    while highest >= 0, occupied[highest] == 0 { highest -= 1 }
    return highest != before
  }
}
