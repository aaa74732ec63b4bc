// Who wants to know of what a service says: those who follow, and those who wait for something to be said.

/// The readers of one log.
struct LogReaders {
  /// Somebody who waits for a pattern.
  struct Expectation {
    let run: UInt64
    let pattern: String
    let then: @Sendable () -> Void
  }

  private var nextID: UInt64 = 0
  /// Those who follow: each is told once.
  private var waiting: [UInt64: CheckedContinuation<Void, Never>] = [:]
  private(set) var expectations: [Expectation] = []
  private(set) var isOver = false

  var count: Int { waiting.count }

  mutating func id() -> UInt64 {
    nextID += 1
    return nextID
  }

  /// False if there will be no news any more.
  mutating func wait(_ id: UInt64, _ reply: CheckedContinuation<Void, Never>) -> Bool {
    guard !isOver else { return false }
    waiting[id] = reply
    return true
  }

  mutating func endWait(_ id: UInt64) -> CheckedContinuation<Void, Never>? { waiting.removeValue(forKey: id) }

  /// Whom to tell.
  mutating func told() -> [CheckedContinuation<Void, Never>] {
    defer { waiting = [:] }
    return Array(waiting.values)
  }

  mutating func endWaiting() { isOver = true }

  mutating func expect(_ expectation: Expectation) { expectations.append(expectation) }

  /// Takes out those that are fulfilled.
  mutating func takeExpectations(where isMet: (Expectation) -> Bool) -> [Expectation] {
    let met = expectations.filter(isMet)
    expectations.removeAll(where: isMet)
    return met
  }
}
