// The share of the wanted time during which a service was up (rule 5).

/// Uptime over three windows, kept as 60 buckets of a minute, 96 of 15 minutes and 168 of an hour.
///
/// Time is counted, not checks: an interval with a failed check, or without a live process, counts as down; time
/// stopped on request does not count. Without a check, running counts as up. The current period needs no timer: `share`
/// adds it as it reads.
package struct UptimeHistory: Sendable {
  /// A span of time that ends now.
  package enum Window: String, Sendable, CaseIterable {
    case hour = "1h"
    case day = "24h"
    case week = "7d"

    /// The length of a bucket, in nanoseconds.
    package var bucket: Int64 {
      switch self {
      case .hour: 60_000_000_000
      case .day: 900_000_000_000
      case .week: 3_600_000_000_000
      }
    }

    /// The number of its buckets.
    package var buckets: Int64 {
      switch self {
      case .hour: 60
      case .day: 96
      case .week: 168
      }
    }

    /// The length of the window.
    package var length: Duration { .nanoseconds(bucket * buckets) }
  }

  /// The result for a window.
  package struct Share: Sendable, Equatable {
    /// The part of the time during which the service was up, 0 to 1.
    package var ratio: Double
    /// The time that it is a part of: what is known of the window, without the time that does not count.
    package var known: Duration
    /// Whether that is most of the window, nine tenths of it: the last check may be some time ago, and short gaps say nothing.
    package var coversWindow: Bool
  }

  /// The meaning of the time since the last account.
  enum Phase: Sendable, Equatable {
    /// Does not count: the service is not wanted.
    case idle
    /// Wanted, and not up.
    case down
    /// Up (a service without a check).
    case up
    /// Alive, and its checks decide. `passed`: the last result of this run.
    case checked(passed: Bool?)
  }

  /// The time since the last account, which no bucket has yet.
  package struct Open: Sendable, Equatable {
    /// Whether it counts as up, or as down.
    package var isUp: Bool
    /// Its beginning.
    package var since: Instant

    /// A time that began at this moment.
    package init(isUp: Bool, since: Instant) {
      self.isUp = isUp
      self.since = since
    }
  }

  /// One part of a window: the window's length divided by its number of buckets.
  package struct Bucket: Sendable, Equatable {
    /// The window that it belongs to.
    package var window: Window
    /// Its number: the clock's time at its beginning, divided by its length.
    package var number: Int64
    /// Microseconds during which the service was up.
    package var up: UInt32
    /// Microseconds during which it was wanted.
    package var total: UInt32

    /// A bucket.
    package init(window: Window, number: Int64, up: UInt32, total: UInt32) {
      self.window = window
      self.number = number
      self.up = up
      self.total = total
    }
  }

  /// The buckets of one window from the first known one to the newest, without gaps, so that a young history is short.
  private struct Ring: Sendable {
    /// In microseconds: an hour fits.
    typealias Share = (up: UInt32, total: UInt32)
    var first: Int64 = 0
    var shares: [Share] = []

    var newest: Int64 { first + Int64(shares.count) - 1 }

    /// Makes room for a bucket, and drops buckets that are older than the window. Returns false if the bucket itself is
    /// too old.
    mutating func reach(_ number: Int64, of window: Window) -> Bool {
      if shares.isEmpty || number > newest + window.buckets {
        first = number
        shares = [(0, 0)]
      }
      while newest < number { shares.append((0, 0)) }
      if shares.count > window.buckets {
        let old = shares.count - Int(window.buckets)
        shares.removeFirst(old)
        first += Int64(old)
      }
      while number < first, newest - number < window.buckets {
        shares.insert((0, 0), at: 0)
        first -= 1
      }
      return number >= first
    }
  }

  private var rings: (hour: Ring, day: Ring, week: Ring) = (Ring(), Ring(), Ring())
  private(set) var phase = Phase.idle
  private var since = Instant(nanoseconds: 0)
  /// Whether any time has counted since this history was made, or counts now.
  private(set) var hasBegun = false
  /// The number of accounts: as long as it stays the same, so do the buckets.
  package private(set) var revision: UInt32 = 0

  /// No data.
  package init() {}

  /// The history of an earlier Stoker, in buckets of this clock; buckets of the future and buckets that are too old are
  /// left out.
  package init(_ buckets: [Bucket], at now: Instant) {
    for bucket in buckets {
      let current = now.nanoseconds.floorDivided(by: bucket.window.bucket)
      guard bucket.number <= current, bucket.number > current - bucket.window.buckets, bucket.up <= bucket.total else { continue }
      withRing(bucket.window) { ring in
        guard ring.reach(bucket.number, of: bucket.window) else { return }
        ring.shares[Int(bucket.number - ring.first)] = (bucket.up, bucket.total)
      }
    }
  }

  /// The buckets of a window from this number on.
  package func buckets(_ window: Window, from number: Int64) -> [Bucket] {
    let ring = ring(window)
    guard !ring.shares.isEmpty, number <= ring.newest else { return [] }
    return (max(number, ring.first)...ring.newest).map { number in
      let share = ring.shares[Int(number - ring.first)]
      return Bucket(window: window, number: number, up: share.up, total: share.total)
    }
  }

  /// The share of the wanted time during which the service was up; nil if there is no data for that window.
  package func share(_ window: Window, at now: Instant) -> Share? {
    var up: UInt64 = 0
    var total: UInt64 = 0
    let current = now.nanoseconds.floorDivided(by: window.bucket)
    let ring = ring(window)
    for (offset, share) in ring.shares.enumerated() where ring.first + Int64(offset) > current - window.buckets {
      up += UInt64(share.up)
      total += UInt64(share.total)
    }
    if let open {
      let oldest = (current - window.buckets + 1) * window.bucket
      let length = UInt64(max(0, now.nanoseconds - max(open.since.nanoseconds, oldest))) / 1000
      total += length
      if open.isUp { up += length }
    }
    guard total > 0 else { return nil }
    let known = Duration.microseconds(total)
    return Share(ratio: Double(up) / Double(total), known: known, coversWindow: known * 10 >= window.length * 9)
  }

  /// The time since the last account; nil: it does not count, or a check will say as what.
  package var open: Open? { phase == .up || phase == .down ? Open(isUp: phase == .up, since: since) : nil }

  /// Counts a time that an earlier Stoker left open.
  mutating func count(_ open: Open, until end: Instant) {
    since = open.since
    count(until: end, up: open.isUp)
  }

  /// Counts the time since the last account as the current phase says, and begins the next phase.
  mutating func begin(_ next: Phase, at now: Instant) {
    switch phase {
    case .idle, .checked(passed: nil): break
    case .down, .checked(passed: false?): count(until: now, up: false)
    case .up, .checked(passed: true?): count(until: now, up: true)
    }
    phase = next
    since = now
    if next != .idle { hasBegun = true }
  }

  /// Records the result of a check, which stands for the time since the result before it.
  mutating func record(passed: Bool, at now: Instant) {
    switch phase {
    case .idle, .up: return
    // An external service that is not there.
    case .down: count(until: now, up: false)
    case .checked:
      count(until: now, up: passed)
      phase = .checked(passed: passed)
    }
    since = now
  }

  private mutating func count(until now: Instant, up: Bool) {
    guard now > since else { return }
    revision &+= 1
    let start = since.nanoseconds
    for window in Window.allCases {
      withRing(window) { Self.count(from: start, until: now.nanoseconds, up: up, window, &$0) }
    }
  }

  private static func count(from: Int64, until end: Int64, up: Bool, _ window: Window, _ ring: inout Ring) {
    let last = (end - 1).floorDivided(by: window.bucket)
    let first = max(from.floorDivided(by: window.bucket), last - window.buckets + 1)
    for number in first...last where ring.reach(number, of: window) {
      let share = min(end, (number + 1) * window.bucket) - max(from, number * window.bucket)
      let slot = Int(number - ring.first)
      let microseconds = UInt32(clamping: share / 1000)
      ring.shares[slot].total = ring.shares[slot].total.saturatingSum(microseconds)
      if up { ring.shares[slot].up = ring.shares[slot].up.saturatingSum(microseconds) }
    }
  }

  private func ring(_ window: Window) -> Ring {
    switch window {
    case .hour: rings.hour
    case .day: rings.day
    case .week: rings.week
    }
  }

  private mutating func withRing(_ window: Window, _ change: (inout Ring) -> Void) {
    switch window {
    case .hour: change(&rings.hour)
    case .day: change(&rings.day)
    case .week: change(&rings.week)
    }
  }
}

extension Int64 {
  /// The quotient, rounded down: the moment before the beginning of a bucket belongs to the bucket before it.
  package func floorDivided(by divisor: Int64) -> Int64 {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? quotient - 1 : quotient
  }
}

extension UInt32 {
  fileprivate func saturatingSum(_ other: UInt32) -> UInt32 {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }
}
