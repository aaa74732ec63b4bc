// Reads the process trees once for all scrapes that overlap, and lets none of them wait for a process that hangs in the kernel.

import Exposition
import NIOPosix
import Processes
import Synchronization

/// Brings the usage ledger up to date.
actor UsageCache {
  private let ledger: UsageLedger
  private var reading: Task<String?, Never>?
  private nonisolated let problem = Mutex<String?>(nil)

  /// A scrape waits no longer; the numbers of the last reading are served then.
  private static let patience = Duration.seconds(1)

  init(_ ledger: UsageLedger) {
    self.ledger = ledger
  }

  /// Reads, or shares the reading that is under way.
  func refresh() async {
    let present = reading ?? begin()
    let found = await present.value(within: Self.patience)
    problem.withLock { $0 = found ?? "/proc is not read yet" }
  }

  /// The reading has a thread of its own: it may block for as long as a process hangs.
  private func begin() -> Task<String?, Never> {
    let task = Task { [ledger] () -> String? in
      do {
        try await NIOThreadPool.singleton.runIfActive { ledger.note(try UsageReader().read(ledger.roots)) }
        finished()
        return nil
      } catch {
        finished()
        return "\(error)"
      }
    }
    reading = task
    return task
  }

  private func finished() {
    reading = nil
  }

  /// Throws what kept the last reading from being there.
  nonisolated func check() throws {
    if let problem = problem.withLock({ $0 }) { throw UsageError(description: problem) }
  }
}

/// Why the usage of processes is not up to date.
struct UsageError: Error, CustomStringConvertible {
  let description: String
}

/// Counts readings that failed.
struct UsageCollector: Collector {
  let name = "usage"
  let cache: UsageCache

  func collect(into encoder: inout TextEncoder) throws {
    try cache.check()
  }
}
