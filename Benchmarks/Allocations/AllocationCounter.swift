// The calls of malloc and its kin that this process has made so far.

import Glibc

/// The counter in the file that COUNT_ALLOCATIONS names.
struct AllocationCounter {
  private let calls: UnsafePointer<UInt64>

  /// Nil where nothing is counted.
  init?() {
    guard let path = getenv("COUNT_ALLOCATIONS") else { return nil }
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0, let memory = mmap(nil, 16, PROT_READ, MAP_SHARED, file, 0), memory != MAP_FAILED else { return nil }
    close(file)
    calls = UnsafePointer(memory.assumingMemoryBound(to: UInt64.self))
    guard calls.pointee > 0 else { return nil }
  }

  /// Allocations for each of `count` repetitions of `body`: the median of nine rounds, since other threads allocate too.
  func each(_ count: Int, _ body: () async throws -> Void) async rethrows -> Double {
    var rounds: [Double] = []
    for _ in 0..<9 {
      let before = calls.pointee
      for _ in 0..<count { try await body() }
      rounds.append(Double(calls.pointee - before) / Double(count))
    }
    return rounds.sorted()[rounds.count / 2]
  }
}
