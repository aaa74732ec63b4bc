// When the files of direct logs are looked at.

import Glibc
import Linux

/// Which direct logs are looked at, and when. A file that grows is looked at now and then; one that does not is watched, and costs nothing.
struct LookAgenda {
  private var times: [ObjectIdentifier: (log: ServiceLog, time: SuspendingClock.Instant)] = [:]
  private var watch: FileWatch?

  /// Between two looks at a file that grows.
  static let interval = Duration.seconds(1)
  /// The same while somebody waits for what is written.
  static let awaitedInterval = Duration.milliseconds(100)

  /// How many milliseconds to wait for the next, -1 for ever.
  var wait: Int32 {
    guard !times.isEmpty, let next = times.values.lazy.map({ $0.time }).min() else { return -1 }
    let left = (next - .now).components
    return Int32(max(0, min(60, left.seconds) * 1000 + left.attoseconds / 1_000_000_000_000_000 + 1))
  }

  mutating func schedule(_ log: ServiceLog, in time: Duration) {
    times[ObjectIdentifier(log)] = (log, .now + time)
  }

  mutating func forget(_ log: ServiceLog) {
    times[ObjectIdentifier(log)] = nil
    watch?.forget(log)
  }

  /// Watches the open file; where the kernel refuses that, it is looked at now and then.
  mutating func watch(_ log: ServiceLog, _ descriptor: Int32, _ poller: borrowing Poller) {
    if watch == nil, let made = try? FileWatch() {
      if (try? poller.add(made.descriptor)) != nil { watch = made }
    }
    if watch?.add(log, descriptor) != true { schedule(log, in: Self.interval) }
  }

  /// One whose time has come, or that has grown.
  mutating func next() -> ServiceLog? {
    for log in watch?.grown() ?? [] { schedule(log, in: .zero) }
    guard !times.isEmpty else { return nil }
    let now = SuspendingClock.now
    guard let (id, entry) = times.first(where: { $0.value.time <= now }) else { return nil }
    times[id] = nil
    return entry.log
  }
}
