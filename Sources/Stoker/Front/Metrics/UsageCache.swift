// Reads the process trees once for all scrapes that overlap, and lets none of them wait for a process that hangs in the kernel.

import Exposition
import Processes
import Synchronization

/// Brings the usage accounts up to date.
actor UsageCache {
  private let publication: Publication
  private let thread: TaskThread
  private var reading: Task<Void, Never>?
  private nonisolated let last = Mutex<(at: SuspendingClock.Instant?, problem: String?)>((nil, nil))

  /// A scrape waits no longer for a reading; the numbers of the one before are served then.
  static let scrapePatience = Duration.seconds(1)
  /// Numbers that are older are not served: the families are left out, and that is counted.
  static let maxAge = Duration.seconds(15)

  init(_ publication: Publication, thread: TaskThread) {
    self.publication = publication
    self.thread = thread
  }

  /// Reads, or shares the reading that is under way. Returns when it is there, or after `patience`.
  func refresh(within patience: Duration = scrapePatience) async {
    let present = reading ?? begin()
    _ = await present.value(within: patience)
  }

  /// The reading has a thread of its own: it may block for as long as a process hangs.
  private func begin() -> Task<Void, Never> {
    let task = Task.detached(executorPreference: thread) { [self] in
      do {
        let began = SuspendingClock.now
        try read()
        last.withLock { $0 = (began, nil) }
      } catch {
        last.withLock { $0.problem = "\(error)" }
      }
      await finished()
    }
    reading = task
    return task
  }

  private nonisolated func read() throws {
    let services = publication.read().services
    var roots: [RunKey: Int32] = [:]
    for service in services {
      if let run = service.usage.run { roots[run.key] = run.pid }
    }
    let trees = try UsageReader().read(roots)
    for service in services {
      if let key = service.usage.run?.key, let tree = trees[key] { service.usage.note(key, tree) }
    }
  }

  private func finished() {
    reading = nil
  }

  /// What a service uses, where a reading is young enough.
  nonisolated func usage(of service: Service) -> ServiceUsage? {
    (try? check()) == nil ? nil : service.usage.total
  }

  /// Throws where no reading is young enough to be shown, with what kept the last one from being there.
  nonisolated func check() throws {
    let last = last.withLock { $0 }
    if let at = last.at, SuspendingClock.now - at <= Self.maxAge { return }
    throw UsageError(description: last.problem ?? "/proc has not been read for \(Self.maxAge)")
  }
}

/// Why the usage of processes cannot be shown.
struct UsageError: Error, CustomStringConvertible {
  let description: String
}
