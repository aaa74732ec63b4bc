// How long a service was up of the time that it should have been (rule 5).

/// Uptime over three windows, kept as 60 buckets of a minute, 96 of 15 minutes and 168 of an hour.
///
/// Time is what is counted: an interval with a failed check, or without a live process, is lost; time stopped on request counts nothing.
/// Where there is no check, running is up. The present stretch needs no timer: `ratio` adds it as it reads.
public struct UptimeHistory: Sendable {
  /// A span of time that ends now.
  public enum Window: String, Sendable, CaseIterable {
    case hour = "1h"
    case day = "24h"
    case week = "7d"

    var bucket: Int64 {
      switch self {
      case .hour: 60_000_000_000
      case .day: 900_000_000_000
      case .week: 3_600_000_000_000
      }
    }

    var buckets: Int64 {
      switch self {
      case .hour: 60
      case .day: 96
      case .week: 168
      }
    }
  }

  /// What the time since the last account counts as.
  enum Phase: Sendable, Equatable {
    /// Nothing: it is not meant to be up.
    case idle
    /// Should be up and is not.
    case down
    /// Is up (a service without a check).
    case up
    /// Lives, and its checks decide; `passed` is the last result of this run.
    case checked(passed: Bool?)
  }

  private struct Bucket: Sendable {
    /// Microseconds: an hour fits.
    var up: UInt32 = 0
    var total: UInt32 = 0
  }

  /// The three rings one after the other; empty until there is something to keep.
  private var rings: [Bucket] = []
  /// The number of the newest bucket of each ring.
  private var newest: [Int64] = [.min, .min, .min]
  private(set) var phase = Phase.idle
  private var since = Instant(nanoseconds: 0)

  /// No data.
  public init() {}

  /// The share of the time that it was up of the time that it should have been, 0 to 1; nil if nothing is known of that window.
  public func ratio(_ window: Window, at now: Instant) -> Double? {
    var up: UInt64 = 0
    var total: UInt64 = 0
    let position = Self.position(of: window)
    let current = now.nanoseconds.floorDivided(by: window.bucket)
    if !rings.isEmpty, newest[position] != .min {
      let start = Self.start(of: window)
      for age in 0..<window.buckets {
        let number = newest[position] - age
        guard number > current - window.buckets else { break }
        let bucket = rings[start + Int(number.floorRemainder(by: window.buckets))]
        up += UInt64(bucket.up)
        total += UInt64(bucket.total)
      }
    }
    if phase == .up || phase == .down {
      let oldest = (current - window.buckets + 1) * window.bucket
      let open = UInt64(max(0, now.nanoseconds - max(since.nanoseconds, oldest))) / 1000
      total += open
      if phase == .up { up += open }
    }
    return total == 0 ? nil : Double(up) / Double(total)
  }

  /// Counts the time since the last account as the present phase says, and begins another.
  mutating func begin(_ next: Phase, at now: Instant) {
    switch phase {
    case .idle, .checked(passed: nil): break
    case .down, .checked(passed: false?): count(until: now, up: false)
    case .up, .checked(passed: true?): count(until: now, up: true)
    }
    phase = next
    since = now
  }

  /// A check's result: it speaks for the time since the one before.
  mutating func record(passed: Bool, at now: Instant) {
    guard case .checked = phase else { return }
    count(until: now, up: passed)
    phase = .checked(passed: passed)
    since = now
  }

  private mutating func count(until now: Instant, up: Bool) {
    guard now > since else { return }
    if rings.isEmpty { rings = Array(repeating: Bucket(), count: Window.allCases.reduce(0) { $0 + Int($1.buckets) }) }
    for window in Window.allCases { count(from: since.nanoseconds, until: now.nanoseconds, up: up, window) }
  }

  private mutating func count(from: Int64, until end: Int64, up: Bool, _ window: Window) {
    let position = Self.position(of: window)
    let ring = Self.start(of: window)
    let last = (end - 1).floorDivided(by: window.bucket)
    let first = max(from.floorDivided(by: window.bucket), last - window.buckets + 1)
    if newest[position] == .min {
      newest[position] = last
    } else if last > newest[position] {
      // The buckets since the newest are reused: what stands in them is too old.
      var number = max(newest[position] + 1, last - window.buckets + 1)
      while number <= last {
        rings[ring + Int(number.floorRemainder(by: window.buckets))] = Bucket()
        number += 1
      }
      newest[position] = last
    }
    for number in first...last {
      let share = min(end, (number + 1) * window.bucket) - max(from, number * window.bucket)
      let slot = ring + Int(number.floorRemainder(by: window.buckets))
      let microseconds = UInt32(clamping: share / 1000)
      rings[slot].total = rings[slot].total.saturatingSum(microseconds)
      if up { rings[slot].up = rings[slot].up.saturatingSum(microseconds) }
    }
  }

  private static func position(of window: Window) -> Int {
    switch window {
    case .hour: 0
    case .day: 1
    case .week: 2
    }
  }

  private static func start(of window: Window) -> Int {
    switch window {
    case .hour: 0
    case .day: 60
    case .week: 156
    }
  }
}

extension Int64 {
  fileprivate func floorDivided(by divisor: Int64) -> Int64 {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? quotient - 1 : quotient
  }

  fileprivate func floorRemainder(by divisor: Int64) -> Int64 {
    let remainder = self % divisor
    return remainder < 0 ? remainder + divisor : remainder
  }
}

extension UInt32 {
  fileprivate func saturatingSum(_ other: UInt32) -> UInt32 {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }
}
