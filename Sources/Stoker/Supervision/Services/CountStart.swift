// When counts began at 0, as scrapers read it (rule 33).

import Synchronization

/// The moment at which a count began at 0, by the wall clock. Never later than now: if the clock is set back, it becomes the present moment
/// of then, and stays that.
final class CountStart: Sendable {
  private let time: Atomic<Int64>

  init(_ time: Timestamp = .now) {
    self.time = Atomic(time.nanoseconds)
  }

  /// Takes over the start of a count that goes on.
  func goBack(to start: Timestamp) { time.store(start.nanoseconds, ordering: .relaxed) }

  /// The start, at most `now`.
  func time(at now: Timestamp) -> Timestamp {
    Timestamp(nanoseconds: time.min(now.nanoseconds, ordering: .relaxed).newValue)
  }
}

/// The starts of a service's counts.
struct CountStarts: Sendable {
  /// The start of the counts that outlive Stoker (`ServiceView.Values.counterNames`).
  let kept = CountStart()
  /// The start of those that begin with this Stoker, or with the service's first appearance in its file: resource usage and heartbeats.
  let usage: CountStart
  /// The start of lines and bytes in its present log.
  var log: CountStart
  /// The start of the durations of its checks.
  var checkDurations: CountStart

  init() {
    usage = CountStart()
    (log, checkDurations) = (usage, usage)
  }

  /// The starts as seconds since 1970, in the order of `Kind`.
  func seconds(at now: Timestamp) -> SIMD4<Double> {
    SIMD4(kept.time(at: now).seconds, usage.time(at: now).seconds, log.time(at: now).seconds, checkDurations.time(at: now).seconds)
  }

  /// The counts with a common start.
  enum Kind: Int, Sendable {
    case kept, usage, log, checkDurations
  }
}
