// Reads the process trees once for all scrapes that overlap; no scrape waits long for a process that hangs in the kernel.

import Exposition
import Processes
import Synchronization

/// Brings the usage accounts up to date.
actor UsageCache {
  private let supervisor: any SupervisorQueries
  private let thread: TaskThread
  private nonisolated let failures: ReadFailures
  private var reading: Task<Void, Never>?
  /// The moment from which trends count.
  private nonisolated let began = SuspendingClock.now
  private nonisolated let last = Mutex<(at: SuspendingClock.Instant?, problem: String?)>((nil, nil))

  /// The longest that a scrape waits for a reading; then it shows the numbers of the reading before.
  static let scrapePatience = Duration.seconds(1)
  /// The longest that an answer of the API waits for it: a process can hang in the kernel.
  static let answerPatience = Duration.milliseconds(200)
  /// The oldest numbers that are shown; after that the families are left out, and the omission is counted.
  static let maxAge = Duration.seconds(15)

  init(_ supervisor: any SupervisorQueries, thread: TaskThread, failures: ReadFailures) {
    self.supervisor = supervisor
    self.failures = failures
    self.thread = thread
  }

  /// Reads, or joins the present reading. Returns at its end, or after `patience`.
  func refresh(within patience: Duration = scrapePatience) async {
    let present = reading ?? begin()
    _ = await present.value(within: patience)
  }

  /// Begins a reading on its own thread: it may block as long as a process hangs.
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
    let services = supervisor.read().services
    var roots: [RunKey: Int32] = [:]
    for service in services {
      if let run = service.usage.run { roots[run.key] = run.pid }
    }
    let trees = try UsageReader().read(roots)
    let time = SuspendingClock.now - began
    for service in services {
      let key = service.usage.run?.key
      if let key {
        guard let tree = trees[key] else { continue }
        service.usage.note(key, tree)
        for value in tree.unread { failures.count(value) }
      }
      service.usage.sample(at: time)
    }
  }

  private func finished() {
    reading = nil
  }

  /// The usage of a service, if a reading is recent enough.
  nonisolated func usage(of service: Service) -> ServiceUsage? {
    (try? check()) == nil ? nil : service.usage.total
  }

  /// The usage of these services in the last minutes, with one moment as the end of all.
  nonisolated func trends(of services: [Service]) -> [[UsageTrend.Sample?]] {
    let time = SuspendingClock.now - began
    return services.map { $0.usage.trend(at: time) }
  }

  /// Throws if no reading is recent enough, with the error of the last one.
  nonisolated func check() throws {
    let last = last.withLock { $0 }
    if let at = last.at, SuspendingClock.now - at <= Self.maxAge { return }
    throw UsageError(description: last.problem ?? "/proc has not been read for \(Self.maxAge)")
  }
}

/// The usage of processes cannot be shown.
struct UsageError: Error, CustomStringConvertible {
  let description: String
}
