// Checks that somebody asked for at once (rule 6).

/// The queue of forced checks: at most so many are under way at a time.
struct ForcedChecks: Sendable {
  /// The most that are under way at a time.
  let limit: Int

  private var queue: [(machine: MachineID, check: UInt64)] = []
  private var head = 0
  private(set) var underWay = 0

  init(limit: Int) {
    self.limit = limit
  }

  mutating func append(_ machine: MachineID, check: UInt64) {
    queue.append((machine, check))
  }

  /// The next one to begin, if there is room; whoever takes it says with `began` whether it did begin.
  mutating func next() -> (machine: MachineID, check: UInt64)? {
    guard underWay < limit, head < queue.count else { return nil }
    defer {
      head += 1
      if head == queue.count {
        queue.removeAll(keepingCapacity: true)
        head = 0
      }
    }
    return queue[head]
  }

  /// Machines have other places now; what is asked of one that is gone is not asked any more.
  mutating func renumber(_ place: (MachineID) -> MachineID?) {
    queue = queue[head...].compactMap { entry in place(entry.machine).map { ($0, entry.check) } }
    head = 0
  }

  mutating func began() {
    underWay += 1
  }

  mutating func ended() {
    underWay -= 1
  }
}
