// The future events of a history. A seeded key breaks ties, so that every order of simultaneous events is explored.

import Orchestration

/// A heap of future events, by time.
struct Agenda: Sendable {
  /// A future event.
  enum Item: Sendable {
    case input(Int)
    case spawnDone(Int, run: UInt64, succeeds: Bool)
    case death(Int, run: UInt64, Exit, takesAll: Bool)
    case membersDie(Int, run: UInt64)
    case checkDone(Int, check: UInt64)
    case hookDone(Int, run: UInt64, Hook, passed: Bool)
    case speech(Int, run: UInt64, Notification)
    case beat(Int)
    case calm
    /// An end that is reported a second time, during a newer run.
    case echo(Int, run: UInt64, Event)
  }

  private var heap: [(at: Instant, key: UInt64, item: Item)] = []

  var first: Instant? {
    heap.first?.at
  }

  mutating func add(_ item: Item, at: Instant, key: UInt64) {
    heap.append((at, key, item))
    var child = heap.count - 1
    while child > 0, isBefore(child, (child - 1) / 2) {
      heap.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  mutating func take() -> (at: Instant, item: Item)? {
    guard !heap.isEmpty else { return nil }
    heap.swapAt(0, heap.count - 1)
    let first = heap.removeLast()
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && isBefore(child, least) { least = child }
      if least == parent { return (first.at, first.item) }
      heap.swapAt(parent, least)
      parent = least
    }
  }

  private func isBefore(_ left: Int, _ right: Int) -> Bool {
    (heap[left].at, heap[left].key) < (heap[right].at, heap[right].key)
  }
}
