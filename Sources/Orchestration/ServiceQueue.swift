// The services that wait to be looked at.

/// Services in the order in which they were added, each once at a time.
struct ServiceQueue: Sendable {
  private var indices: [Int]
  private var isQueued: [Bool]
  /// The place of the next service.
  private var first = 0

  /// A queue for the services of a graph: empty, or with all of them.
  init(count: Int, isFull: Bool = false) {
    indices = isFull ? Array(0..<count) : []
    isQueued = Array(repeating: isFull, count: count)
  }

  /// Adds a service, unless it waits already.
  mutating func add(_ index: Int) {
    guard !isQueued[index] else { return }
    isQueued[index] = true
    indices.append(index)
  }

  /// Takes the next service; it may be added again from now on.
  mutating func next() -> Int? {
    guard first < indices.count else {
      indices.removeAll(keepingCapacity: true)
      first = 0
      return nil
    }
    defer { first += 1 }
    isQueued[indices[first]] = false
    return indices[first]
  }

  /// Takes all services.
  mutating func takeAll() -> [ServiceID] {
    var all: [ServiceID] = []
    all.reserveCapacity(indices.count - first)
    while let index = next() { all.append(ServiceID(index)) }
    return all
  }
}
