// Requested checks (rule 6).

/// The queue of requested checks: at most `limit` are in flight at a time.
struct RequestedChecks: Sendable {
  /// The largest number in flight at a time.
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

  /// Takes the next check to begin, if there is room. The caller confirms with `began` that it did begin.
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

  /// Gives machines their new places, and drops the checks of removed ones.
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
