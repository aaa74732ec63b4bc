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

  /// The name of its service; nil if it is free.
  var name: String? {
    guard !isFree else { return nil }
    let bytes = UnsafeRawBufferPointer(start: memory + 8, count: LedgerLayout.nameBytes)
    return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  }

  /// The values, complete also while another process writes; nil if the slot is free.
  var values: [UInt64]? {
    while true {
      let before = sequence.pointee.load(ordering: .acquiring)
      guard before != 0 else { return nil }
      let values = Array(UnsafeBufferPointer(start: array(before), count: words))
      // The array that was read is written again only after the sequence has moved on.
      atomicMemoryFence(ordering: .acquiring)
      if sequence.pointee.load(ordering: .relaxed) == before { return values }
    }
  }

  /// Gives a free slot to a service, with zeros.
  func take(_ name: String) {
    let bytes = UnsafeMutableRawBufferPointer(start: memory + 8, count: LedgerLayout.nameBytes)
    for index in bytes.indices { bytes[index] = 0 }
    for (index, byte) in name.utf8.prefix(LedgerLayout.nameBytes - 1).enumerated() { bytes[index] = byte }
    array(0).update(repeating: 0, count: 2 * words)
    sequence.pointee.store(2, ordering: .releasing)
  }

  func free() { sequence.pointee.store(0, ordering: .releasing) }

  /// Replaces the values: a reader sees either the old or the new ones.
  func write(_ values: [UInt64]) {
    let next = sequence.pointee.load(ordering: .relaxed) + 1
    // Not before the store of the sequence that made this array the invalid one.
    atomicMemoryFence(ordering: .acquiringAndReleasing)
    values.withUnsafeBufferPointer { source in
      if let start = source.baseAddress { array(next).update(from: start, count: min(words, source.count)) }
    }
    sequence.pointee.store(next, ordering: .releasing)
  }
}
