// The times at which the files of direct logs are looked at.

import Glibc
import Linux

/// The next looks at direct logs. A file that grows is looked at in intervals; a quiet file is watched by
/// inotify, at no cost.
struct DirectLogSchedule {
  private var times: [ObjectIdentifier: (log: DirectLog, time: SuspendingClock.Instant)] = [:]
  private var watch: FileWatch?

  /// The time between two looks at a file that grows.
  static let interval = Duration.seconds(1)
  /// The same while the log has readers.
  static let awaitedInterval = Duration.milliseconds(100)

  /// The milliseconds until the next look, -1 without one.
  var wait: Int32 {
    guard !times.isEmpty, let next = times.values.lazy.map({ $0.time }).min() else { return -1 }
    let left = (next - .now).components
    return Int32(max(0, min(60, left.seconds) * 1000 + left.attoseconds / 1_000_000_000_000_000 + 1))
  }

  mutating func schedule(_ log: DirectLog, in time: Duration) {
    times[ObjectIdentifier(log)] = (log, .now + time)
  }

  mutating func forget(_ log: DirectLog) {
    times[ObjectIdentifier(log)] = nil
    watch?.forget(log)
  }

  /// Watches the open file; where the kernel refuses that, it is looked at in intervals.
  mutating func watch(_ log: DirectLog, _ descriptor: Int32, _ poller: borrowing Poller) {
    if watch == nil, let made = try? FileWatch() {
      if (try? poller.add(made.descriptor)) != nil { watch = made }
    }
    if watch?.add(log, descriptor) != true { schedule(log, in: Self.interval) }
  }

  /// A log that is due, or that has grown.
  mutating func next() -> DirectLog? {
    for log in watch?.grown() ?? [] { schedule(log, in: .zero) }
    guard !times.isEmpty else { return nil }
    let now = SuspendingClock.now
    guard let (id, entry) = times.first(where: { $0.value.time <= now }) else { return nil }
    times[id] = nil
    return entry.log
  }
}
