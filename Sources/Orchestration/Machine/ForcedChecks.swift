// Checks that somebody asked for at once (rule 6).

/// The queue of forced checks: at most 64 are under way at a time.
struct ForcedChecks: Sendable {
  static let limit = 64

  private var queue: [(index: Int, check: UInt64)] = []
  private var head = 0
  private(set) var underWay = 0

  mutating func append(_ index: Int, check: UInt64) {
    queue.append((index, check))
  }

  /// The next one to begin, if there is room; whoever takes it says with `began` whether it did begin.
  mutating func next() -> (index: Int, check: UInt64)? {
    guard underWay < Self.limit, head < queue.count else { return nil }
    defer {
      head += 1
      if head == queue.count {
        queue.removeAll(keepingCapacity: true)
        head = 0
      }
    }
    return queue[head]
  }

  /// Services have other places now; what is asked of one that is gone is not asked any more.
  mutating func renumber(_ place: (Int) -> Int?) {
    queue = queue[head...].compactMap { entry in place(entry.index).map { ($0, entry.check) } }
    head = 0
  }

  mutating func began() {
    underWay += 1
  }

  mutating func ended() {
    underWay -= 1
  }
}
