// The recent usage of a service, as the page draws it.

import Orchestration

/// The usage of one service in the last 15 minutes: a sample for each interval in which somebody had it read. Samples come from the
/// readings for scrapes, the page and the command line alone, so a Stoker that nobody asks reads nothing. 1.4 KiB for each service.
struct UsageTrend: Sendable {
  /// The values of one reading.
  struct Sample: Sendable, Equatable {
    private var percent: Float
    private var kibibytes: UInt32
    private var openDescriptors: Int32

    /// - Parameters:
    ///   - load: In percent of one processor; nil before the second reading.
    ///   - memory: Resident bytes.
    ///   - descriptors: Open ones; nil where they cannot be read.
    init(load: Double?, memory: UInt64, descriptors: Int?) {
      percent = load.map { Float($0) } ?? -1
      kibibytes = UInt32(clamping: memory / 1024)
      openDescriptors = descriptors.map { Int32(clamping: $0) } ?? -1
    }

    var load: Double? { percent < 0 ? nil : (Double(percent) * 10).rounded() / 10 }
    var memory: UInt64 { UInt64(kibibytes) * 1024 }
    var descriptors: Int? { openDescriptors < 0 ? nil : Int(openDescriptors) }
  }

  /// The time that a sample stands for.
  static let interval = Duration.seconds(10)
  /// The most samples.
  static let kept = 90

  /// A ring, in which an interval has the place of its number; nil: nothing was read. Empty before the first sample.
  private var ring: [Sample?] = []
  private var first = 0
  private var last = 0
  /// The processor time at the last reading, and at the last one of the interval before, from which the load is counted.
  private var latest: (at: Duration, seconds: Double)?
  private var base: (at: Duration, seconds: Double)?

  /// Takes a reading. A later one of the same interval takes its place.
  /// - Parameters:
  ///   - seconds: The processor time of all runs.
  ///   - time: Since a fixed moment.
  mutating func note(_ seconds: Double, memory: UInt64, descriptors: Int?, at time: Duration) {
    let slot = Self.slot(at: time)
    guard ring.isEmpty || slot >= last else { return }
    if ring.isEmpty {
      ring = Array(repeating: nil, count: Self.kept)
      (first, last) = (slot, slot)
    } else if slot > last {
      for skipped in max(last + 1, slot - Self.kept)..<slot { ring[skipped % Self.kept] = nil }
      base = latest
      last = slot
    }
    // Over less than a second, the ticks of the kernel's clock would be peaks.
    let load = base.flatMap { base in
      time - base.at >= .seconds(1) && seconds >= base.seconds ? (seconds - base.seconds) / (time - base.at).inSeconds * 100 : nil
    }
    latest = (time, seconds)
    if base == nil { base = latest }
    ring[slot % Self.kept] = Sample(load: load, memory: memory, descriptors: descriptors)
  }

  /// Notes that there is no process: the load of the next one counts from now on.
  mutating func rest(_ seconds: Double, at time: Duration) {
    guard !ring.isEmpty else { return }
    latest = (time, seconds)
    base = latest
  }

  /// The samples up to the present interval, oldest first, from the first one that there is.
  func samples(at time: Duration) -> [Sample?] {
    let slot = Self.slot(at: time)
    guard !ring.isEmpty, slot >= last else { return [] }
    let samples = (max(first, slot - Self.kept + 1)...slot).map { $0 > last ? nil : ring[$0 % Self.kept] }
    return Array(samples.drop { $0 == nil })
  }

  private static func slot(at time: Duration) -> Int { Int(max(.zero, time) / interval) }
}
