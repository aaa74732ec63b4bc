// Memories of an earlier Stoker, and cores that have them.

import Orchestration

/// What was kept of a service whose last run was number 7.
func memory(_ leftAs: Memory.LeftAs, _ change: (inout Memory) -> Void = { _ in }) -> Memory {
  var memory = Memory()
  memory.leftAs = leftAs
  memory.lastRun = 7
  change(&memory)
  return memory
}

extension Memory.LeftAs {
  /// Ready, and there since 5 s before the clock's origin.
  static let live = Memory.LeftAs.running(since: Instant(nanoseconds: -5_000_000_000), isReady: true)
}

extension Rig {
  /// A core that remembers, booted.
  static func booted(_ specs: [ServiceSpec], _ memories: [String: Memory]) throws -> Rig {
    var rig = try Rig(specs)
    for (name, memory) in memories.sorted(by: { $0.key < $1.key }) { rig.remember(memory, of: name) }
    rig.boot()
    return rig
  }
}
