// Where what stands in the ledger's memory.

import Glibc
import Synchronization

/// Where what stands in the ledger's memory.
///
/// First the header: a mark, the layout and the boot; then slots of equal size. A slot is a sequence number, a name and two arrays of words.
/// 0 is the sequence of a free slot; otherwise its lowest bit tells which array counts. A change is written into the other array, and then the
/// sequence is raised: wherever between two stores the process is killed, one array is whole and the sequence points to it.
struct LedgerLayout: Equatable {
  static let headerBytes = 128
  static let nameBytes = 64
  /// Its place in the header, written last: a header without it was never finished.
  private static let mark: UInt64 = 0x3152_4744_454B_5453
  private static let bootBytes = 64

  /// Words in each array.
  var words: Int
  /// What the words mean, as a number: another meaning, another number.
  var meaning: UInt64
  /// The machine's boot: shared memory does not outlive it, but a copy of it might.
  var bootID: [UInt8]

  var slotBytes: Int { 8 + Self.nameBytes + 2 * 8 * words }

  func bytes(forSlots count: Int) -> Int { Self.headerBytes + count * slotBytes }

  /// How many slots memory of this size holds; nil if it is no size of ours.
  func slots(inBytes bytes: Int) -> Int? {
    guard bytes >= Self.headerBytes, (bytes - Self.headerBytes) % slotBytes == 0 else { return nil }
    return (bytes - Self.headerBytes) / slotBytes
  }

  func writeHeader(_ memory: UnsafeMutableRawPointer) {
    memory.storeBytes(of: UInt64(words), toByteOffset: 8, as: UInt64.self)
    memory.storeBytes(of: meaning, toByteOffset: 16, as: UInt64.self)
    for (index, byte) in bootID.prefix(Self.bootBytes).enumerated() {
      memory.storeBytes(of: byte, toByteOffset: 24 + index, as: UInt8.self)
    }
    Self.atomic(memory).pointee.store(Self.mark, ordering: .releasing)
  }

  /// Whether memory was written with this layout, and in this boot.
  func isHeader(_ memory: UnsafeMutableRawPointer) -> Bool {
    guard Self.atomic(memory).pointee.load(ordering: .acquiring) == Self.mark else { return false }
    let boot = (0..<Self.bootBytes).map { memory.load(fromByteOffset: 24 + $0, as: UInt8.self) }
    return memory.load(fromByteOffset: 8, as: UInt64.self) == UInt64(words) && memory.load(fromByteOffset: 16, as: UInt64.self) == meaning
      && Array(boot.prefix { $0 != 0 }) == Array(bootID.prefix(Self.bootBytes))
  }

  static func atomic(_ memory: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Atomic<UInt64>> {
    memory.assumingMemoryBound(to: Atomic<UInt64>.self)
  }
}
