// The ledger: counters that stay exact when Stoker ends suddenly.

import Glibc
import Linux
import Orchestration

/// The counters of each service, in shared memory. Whenever Stoker is killed, its successor finds each service's
/// counters as they were before or after the last change, never half of one (rule 33). The ledger does not outlive the
/// boot of the machine.
///
/// A change is a few stores, without a system call or the disk. It belongs to one task.
package final class Ledger {
  private let layout: LedgerLayout
  private let memory: SharedMemory
  private var slots: Int
  private var taken: [String: Int] = [:]
  private var free: [Int] = []

  /// Opens a ledger, or makes one. The values of a predecessor stay until they are changed or removed.
  ///
  /// A ledger that cannot be taken over, because it is of another boot, has unknown columns or was never finished, is
  /// replaced by a new one.
  /// - Parameters:
  ///   - name: Its name in shared memory, in the form of shm_open(3).
  ///   - former: Names under which a predecessor may have kept it. The values are taken over, and the memory is removed;
  ///     that of another user is left alone.
  ///   - columns: The names of the counters of each service, in the order of the values.
  ///   - formerColumns: The columns of earlier versions. The values of theirs that go on are taken over by name; the
  ///     others are 0.
  package init(named name: String, former: [String] = [], columns: [String], formerColumns: [[String]] = []) throws(LedgerError) {
    guard let bootID = bootID() else { throw .noBootID }
    let layouts = ([columns] + formerColumns).map { LedgerLayout(columns: $0, bootID: Array(bootID.utf8)) }
    layout = layouts[0]
    var found: [String: [UInt64]] = [:]
    if let (known, count) = try Self.existing(name, layout) {
      memory = known
      slots = count
    } else {
      found = Self.values(name, layouts.dropFirst(), as: columns)
      slots = 16
      memory = try SharedMemory.make(name, bytes: layout.bytes(forSlots: slots))
      layout.writeHeader(memory.start)
    }
    for index in (0..<slots).reversed() {
      let slot = slot(index)
      if let name = slot.name, taken[name] == nil, slot.values != nil {
        taken[name] = index
      } else {
        // No ledger wrote this: its service begins at 0.
        slot.free()
        free.append(index)
      }
    }
    try takeOver(found)
    for name in former where name != memory.name {
      defer { SharedMemory.removeOurs(name) }
      try takeOver(Self.values(name, layouts[...], as: columns))
    }
  }

  /// Takes over values of services that have none here.
  private func takeOver(_ found: [String: [UInt64]]) throws(LedgerError) {
    for (name, values) in found where taken[name] == nil { _ = try take(name, values) }
  }

  /// The values in a ledger of one of these layouts, in the order of these columns; empty if there is none.
  private static func values(_ name: String, _ layouts: ArraySlice<LedgerLayout>, as columns: [String]) -> [String: [UInt64]] {
    for layout in layouts {
      guard let (found, count) = try? existing(name, layout) else { continue }
      let places = columns.map { layout.columns.firstIndex(of: $0) }
      let slots = (0..<count).map { LedgerSlot(found.start + layout.bytes(forSlots: $0), words: layout.words) }
      return slots.reduce(into: [:]) { all, slot in
        guard let name = slot.name, all[name] == nil, let values = slot.values else { return }
        all[name] = places.map { place in place.map { values[$0] } ?? 0 }
      }
    }
    return [:]
  }

  /// Memory with this layout; nil if there is none.
  private static func existing(_ name: String, _ layout: LedgerLayout) throws(LedgerError) -> (memory: SharedMemory, slots: Int)? {
    guard let found = try SharedMemory.existing(name), let count = layout.slots(inBytes: found.bytes), layout.isHeader(found.start) else {
      return nil
    }
    return (found, count)
  }

  /// The values of each service, in the order of the columns.
  package func read() -> [String: [UInt64]] { taken.compactMapValues { slot($0).values } }

  /// The slot of a service's values: the slot that a predecessor used, with its values, or a new one with
  /// `values` (nil: zeros). An error does not affect other services.
  package func slot(for name: String, orNew values: [UInt64]? = nil) throws(LedgerError) -> Int {
    if let index = taken[name] { return index }
    guard name.utf8.count < LedgerLayout.nameBytes, !name.isEmpty else { throw .nameTooLong(name) }
    return try take(name, values ?? Array(repeating: 0, count: layout.words))
  }

  private func take(_ name: String, _ values: [UInt64]) throws(LedgerError) -> Int {
    if free.isEmpty { try grow() }
    let index = free.removeLast()
    slot(index).take(name, values)
    taken[name] = index
    return index
  }

  /// Replaces a service's values: one for each column.
  package func write(_ values: [UInt64], to slot: Int) {
    precondition(values.count == layout.words, "a ledger of \(layout.words) columns is given \(values.count) values")
    self.slot(slot).write(values)
  }

  /// Removes a service.
  package func remove(_ name: String) {
    guard let index = taken.removeValue(forKey: name) else { return }
    slot(index).free()
    free.append(index)
  }

  /// Removes the ledger, at an end in order, when the counters are stored elsewhere. Without this a successor finds the
  /// values here.
  package func close() { memory.unlink() }

  private func slot(_ index: Int) -> LedgerSlot {
    precondition(index >= 0 && index < slots, "slot \(index) of \(slots)")
    return LedgerSlot(memory.start + layout.bytes(forSlots: index), words: layout.words)
  }

  private func grow() throws(LedgerError) {
    let more = max(16, slots / 4)
    try memory.grow(to: layout.bytes(forSlots: slots + more))
    free.append(contentsOf: (slots..<slots + more).reversed())
    slots += more
  }

  /// The name that Stoker 0.1.0 made of a state directory, for shm_open(3): `/stoker-0-1f2e…`. Any user can compute it, so
  /// nothing is made there any more.
  package static func formerName(for directory: String) throws(LedgerError) -> String {
    var status = stat()
    guard stat(directory, &status) == 0, let resolved = realpath(directory, nil) else { throw .noDirectory(path: directory, .last) }
    defer { Glibc.free(resolved) }
    let hash = String(StableHash.of("\(status.st_dev) \(status.st_ino) \(String(cString: resolved))"), radix: 16)
    return "/stoker-\(geteuid())-\(hash)"
  }
}
