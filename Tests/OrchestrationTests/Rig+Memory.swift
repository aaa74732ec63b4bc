// Memories of an earlier Stoker, and cores that take them over.

import Orchestration

/// The memory of a service whose last run was number 7.
func memory(_ leftAs: Memory.LeftAs, _ change: (inout Memory) -> Void = { _ in }) -> Memory {
  var memory = Memory()
  memory.leftAs = leftAs
  memory.lastRun = 7
  change(&memory)
  return memory
}

extension Memory.LeftAs {
  /// A run that is ready, and began 5 s before the clock's origin.
  static let live = Memory.LeftAs.running(since: Instant(nanoseconds: -5_000_000_000), isReady: true)
}

extension Rig {
  /// A booted core that has taken over these memories.
  static func booted(_ specs: [ServiceSpec], _ memories: [String: Memory]) throws -> Rig {
    var rig = try Rig(specs)
    for (name, memory) in memories.sorted(by: { $0.key < $1.key }) { rig.remember(memory, of: name) }
    rig.boot()
    return rig
  }
}
