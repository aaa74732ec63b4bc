// Spawns: from the request to the news that nothing of the run is left.

import Glibc
import Processes
import Synchronization

/// A process table, and who waits for the end of the present run.
final class SpawnBench: Sendable {
  private let table: ProcessTable
  private let ended: AsyncStream<Void>
  private let next = Atomic<UInt64>(0)

  init() throws {
    let (ended, end) = AsyncStream<Void>.makeStream()
    self.ended = ended
    table = try ProcessTable(marks: RunMarks("allocations-\(getpid())", key: .random)) { events in
      for case .emptied in events { end.yield() }
    }
  }

  /// Allocations for each run of `/bin/true`.
  func measure(_ allocations: AllocationCounter) async throws -> Double {
    defer { _ = table.shutdown() }
    var ends = ended.makeAsyncIterator()
    func run() async {
      let run = next.add(1, ordering: .relaxed).newValue
      table.spawn(SpawnRequest(arguments: ["/bin/true"]), as: RunKey(owner: "bench", run: run))
      await ends.next()
    }
    for _ in 0..<10 { await run() }
    return await allocations.each(20) { await run() }
  }
}
