// Counters that are exact over the sudden end of Stoker.

import Glibc
import Linux
import Orchestration

/// What only rises, per service, in shared memory: whenever Stoker is killed, its successor finds each service's counters as they were
/// before or after the last change, and never half of one (rule 33). It does not outlive the boot of the machine.
///
/// Changing it is a handful of stores; no system call, no disk. It belongs to one task.
package final class Ledger {
  private let layout: LedgerLayout
  private let memory: SharedMemory
  private var slots: Int
  private var taken: [String: Int] = [:]
  private var free: [Int] = []

  /// Opens the ledger of a state directory, or makes one. What a predecessor left in it stays until it is changed or removed.
  ///
  /// One that cannot be taken over, because it is of another boot, has other columns or was never finished, is begun anew.
  /// - Parameter columns: what is counted of each service, in the order of the values.
  package init(stateDirectory: String, columns: [String]) throws(LedgerError) {
    guard let bootID = Self.bootID() else { throw .noBootID }
    layout = LedgerLayout(words: columns.count, meaning: StableHash.of(columns.joined(separator: "\n")), bootID: bootID)
    let name = try Self.name(for: stateDirectory)
    if let found = try SharedMemory.existing(name), let count = layout.slots(inBytes: found.bytes), layout.isHeader(found.start) {
      memory = found
      slots = count
    } else {
      slots = 16
      memory = try SharedMemory.make(name, bytes: layout.bytes(forSlots: slots))
      layout.writeHeader(memory.start)
    }
    for index in (0..<slots).reversed() {
      if let name = slot(index).name { taken[name] = index } else { free.append(index) }
    }
  }

  /// What stands in it: of each service the values in the order of the columns.
  package func read() -> [String: [UInt64]] { taken.compactMapValues { slot($0).values } }

  /// Where a service's values stand: where a predecessor had them, or in a new place with zeros.
  /// If that cannot be had, the others are not affected.
  package func slot(for name: String) throws(LedgerError) -> Int {
    if let index = taken[name] { return index }
    guard name.utf8.count < LedgerLayout.nameBytes, !name.isEmpty else { throw .nameTooLong(name) }
    if free.isEmpty { try grow() }
    let index = free.removeLast()
    slot(index).take(name)
    taken[name] = index
    return index
  }

  /// Replaces a service's values: one for each column.
  package func write(_ values: [UInt64], to slot: Int) {
    precondition(values.count == layout.words, "a ledger of \(layout.words) columns is given \(values.count) values")
    self.slot(slot).write(values)
  }

  /// Forgets a service.
  package func remove(_ name: String) {
    guard let index = taken.removeValue(forKey: name) else { return }
    slot(index).free()
    free.append(index)
  }

  /// The end in order, when the counters stand elsewhere: nothing of it stays behind. Without it a successor finds what stands here.
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

  /// The name of a state directory in shared memory, as shm_open(3) wants it: `/stoker-0-1f2e…`. The same directory has the same name,
  /// whatever way leads to it; another one in its place has another.
  package static func name(for directory: String) throws(LedgerError) -> String {
    var status = stat()
    guard stat(directory, &status) == 0, let resolved = realpath(directory, nil) else { throw .noDirectory(path: directory, errno: errno) }
    defer { Glibc.free(resolved) }
    let hash = String(StableHash.of("\(status.st_dev) \(status.st_ino) \(String(cString: resolved))"), radix: 16)
    return "/stoker-\(geteuid())-\(hash)"
  }

  private static func bootID() -> [UInt8]? {
    let file = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { Glibc.close(file) }
    var bytes = [UInt8](repeating: 0, count: 64)
    let count = Glibc.read(file, &bytes, bytes.count)
    return count > 0 ? Array(bytes.prefix(count).prefix { $0 != UInt8(ascii: "\n") }) : nil
  }
}
