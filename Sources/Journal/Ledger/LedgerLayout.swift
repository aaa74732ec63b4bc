// The memory layout of the ledger.

import Glibc
import Linux
import Synchronization

/// The memory layout of the ledger.
///
/// First the header: a mark, the layout and the boot; then slots of equal size. A slot is a sequence number, a name and
/// two arrays of words. The sequence of a free slot is 0; otherwise its lowest bit selects the valid array. A change is
/// written into the other array, and then the sequence is raised. If the process is killed between any two stores, one
/// array is complete and the sequence points to it.
struct LedgerLayout: Equatable {
  static let headerBytes = 128
  static let nameBytes = 64
  /// A service has some 800 bytes: more than this was not written by a ledger.
  static let largest = 256 << 20
  /// No counter, time or number counts further than this. A larger one was not written by a ledger, and could not be
  /// added to.
  static let highest: UInt64 = 1 << 62
  /// The mark at the beginning of the header, written last: a header without it was never finished.
  private static let mark: UInt64 = 0x3152_4744_454B_5453
  private static let bootBytes = 64

  /// The names of the words in each array.
  let columns: [String]
  /// A hash of these names: other names, another hash.
  let meaning: UInt64
  /// The id of the machine's boot: shared memory does not outlive it, but a copy of it might.
  let bootID: [UInt8]

  init(columns: [String], bootID: [UInt8]) {
    self.columns = columns
    self.bootID = bootID
    meaning = StableHash.of(columns.joined(separator: "\n"))
  }

  /// The number of words in each array.
  var words: Int { columns.count }
  var slotBytes: Int { 8 + Self.nameBytes + 2 * 8 * words }

  func bytes(forSlots count: Int) -> Int { Self.headerBytes + count * slotBytes }

  /// The number of slots in memory of this size; nil if the size does not fit the layout.
  func slots(inBytes bytes: Int) -> Int? {
    guard bytes >= Self.headerBytes, bytes <= Self.largest, (bytes - Self.headerBytes) % slotBytes == 0 else { return nil }
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
