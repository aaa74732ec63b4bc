// The readers of one log: followers that wait for new lines, and expectations of a pattern.

/// The readers of one log.
struct LogReaders {
  /// A pattern that is expected in the output of a run.
  struct Expectation {
    let run: UInt64
    let pattern: String
    let then: @Sendable () -> Void
  }

  private var nextID: UInt64 = 0
  /// The waiting followers: each is woken once.
  private var waiting: [UInt64: CheckedContinuation<Void, Never>] = [:]
  private(set) var expectations: [Expectation] = []
  private(set) var isOver = false

  var count: Int { waiting.count }

  mutating func id() -> UInt64 {
    nextID += 1
    return nextID
  }

  /// Registers a waiting follower. False if there will be no more lines.
  mutating func wait(_ id: UInt64, _ reply: CheckedContinuation<Void, Never>) -> Bool {
    guard !isOver else { return false }
    waiting[id] = reply
    return true
  }

  mutating func endWait(_ id: UInt64) -> CheckedContinuation<Void, Never>? { waiting.removeValue(forKey: id) }

  /// Takes all waiting followers, to wake them.
  mutating func takeWaiting() -> [CheckedContinuation<Void, Never>] {
    defer { waiting = [:] }
    return Array(waiting.values)
  }

  mutating func endWaiting() { isOver = true }

  mutating func expect(_ expectation: Expectation) { expectations.append(expectation) }

  /// Takes the expectations that are met.
  mutating func takeExpectations(where isMet: (Expectation) -> Bool) -> [Expectation] {
    let met = expectations.filter(isMet)
    expectations.removeAll(where: isMet)
    return met
  }
}
