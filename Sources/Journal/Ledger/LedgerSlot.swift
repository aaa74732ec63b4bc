// The slot of one service in the ledger's memory.

import Synchronization

/// One slot of the ledger's memory.
struct LedgerSlot {
  private let memory: UnsafeMutableRawPointer
  private let words: Int

  init(_ memory: UnsafeMutableRawPointer, words: Int) {
    self.memory = memory
    self.words = words
  }

  private var sequence: UnsafeMutablePointer<Atomic<UInt64>> { LedgerLayout.atomic(memory) }

  private func array(_ sequence: UInt64) -> UnsafeMutablePointer<UInt64> {
    (memory + 8 + LedgerLayout.nameBytes).assumingMemoryBound(to: UInt64.self) + (sequence & 1 == 0 ? 0 : words)
  }

  var isFree: Bool { sequence.pointee.load(ordering: .acquiring) == 0 }

  /// The name of its service; nil if it is free, or has no name that a ledger writes.
  var name: String? {
    guard !isFree else { return nil }
    let bytes = UnsafeRawBufferPointer(start: memory + 8, count: LedgerLayout.nameBytes).prefix { $0 != 0 }
    guard !bytes.isEmpty, bytes.count < LedgerLayout.nameBytes else { return nil }
    return String(validating: bytes, as: UTF8.self)
  }

  /// So often are values read while another process writes them: the second time they are whole, unless that one writes
  /// all the time.
  private static let tries = 1000

  /// The values, complete also while another process writes; nil if the slot is free, or they are none that a ledger
  /// writes.
  var values: [UInt64]? {
    for _ in 0..<Self.tries {
      let before = sequence.pointee.load(ordering: .acquiring)
      guard before != 0 else { return nil }
      let values = Array(UnsafeBufferPointer(start: array(before), count: words))
      // The array that was read is written again only after the sequence has moved on.
      atomicMemoryFence(ordering: .acquiring)
      if sequence.pointee.load(ordering: .relaxed) == before { return values.allSatisfy { $0 <= LedgerLayout.highest } ? values : nil }
    }
    return nil
  }

  /// Gives a free slot to a service, with its values.
  func take(_ name: String, _ values: [UInt64]) {
    let bytes = UnsafeMutableRawBufferPointer(start: memory + 8, count: LedgerLayout.nameBytes)
    for index in bytes.indices { bytes[index] = 0 }
    for (index, byte) in name.utf8.prefix(LedgerLayout.nameBytes - 1).enumerated() { bytes[index] = byte }
    fill(0, with: values)
    sequence.pointee.store(2, ordering: .releasing)
  }

  func free() { sequence.pointee.store(0, ordering: .releasing) }

  /// Replaces the values: a reader sees either the old or the new ones.
  func write(_ values: [UInt64]) {
    let before = sequence.pointee.load(ordering: .relaxed)
    let next = before == .max ? 2 : before + 1
    // Not before the store of the sequence that made this array the invalid one.
    atomicMemoryFence(ordering: .acquiringAndReleasing)
    fill(next, with: values)
    sequence.pointee.store(next, ordering: .releasing)
  }

  private func fill(_ sequence: UInt64, with values: [UInt64]) {
    values.withUnsafeBufferPointer { source in
      if let start = source.baseAddress { array(sequence).update(from: start, count: min(words, source.count)) }
    }
  }
}
