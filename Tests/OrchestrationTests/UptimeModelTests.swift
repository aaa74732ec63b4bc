// Uptime against a model that keeps every period, and across a restart of Stoker (rules 5, 33).

import Testing

@testable import Orchestration

/// A list of all counted periods with their phases: slow, and plainly right.
private struct Model {
  private var stretches: [(from: Int64, to: Int64, isUp: Bool)] = []
  private var phase = UptimeHistory.Phase.idle
  private var since: Int64 = 0

  mutating func begin(_ next: UptimeHistory.Phase, at now: Int64) {
    switch phase {
    case .idle, .checked(passed: nil): break
    case .down, .checked(passed: false?): stretches.append((since, now, false))
    case .up, .checked(passed: true?): stretches.append((since, now, true))
    }
    phase = next
    since = now
  }

  mutating func record(passed: Bool, at now: Int64) {
    guard case .checked = phase else { return }
    stretches.append((since, now, passed))
    phase = .checked(passed: passed)
    since = now
  }

  func ratio(_ window: UptimeHistory.Window, at now: Int64) -> Double? {
    let begin = (floorDivide(now, window.bucket) - window.buckets + 1) * window.bucket
    var open = stretches
    if phase == .up || phase == .down { open.append((since, now, phase == .up)) }
    var up: Int64 = 0
    var total: Int64 = 0
    for stretch in open where stretch.to > max(stretch.from, begin) {
      let length = stretch.to - max(stretch.from, begin)
      total += length
      if stretch.isUp { up += length }
    }
    return total == 0 ? nil : Double(up) / Double(total)
  }

  private func floorDivide(_ number: Int64, _ divisor: Int64) -> Int64 {
    number >= 0 ? number / divisor : -((-number + divisor - 1) / divisor)
  }
}

/// Random numbers that are the same everywhere.
private struct Chance: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var bits = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
    return bits ^ (bits >> 31)
  }
}

@Suite("Uptime against a model")
struct UptimeModelTests {
  private let second: Int64 = 1_000_000_000

  /// Steps of all sizes: milliseconds, a bucket, hours, more than any window.
  private func step(_ chance: inout Chance) -> Int64 {
    switch Int.random(in: 0..<20, using: &chance) {
    case 0..<8: Int64.random(in: 1...120, using: &chance) * second
    case 8..<12: Int64.random(in: 1000...5_000_000, using: &chance) * 1000
    case 12..<15: Int64.random(in: 100...9000, using: &chance) * second
    case 15..<17: Int64.random(in: 1...30, using: &chance) * 3600 * second
    // Exactly on the edge of a bucket, often.
    case 17: 60 * second
    case 18: 3600 * second
    default: Int64.random(in: 1...20, using: &chance) * 86_400 * second
    }
  }

  private func compare(_ history: UptimeHistory, _ model: Model, at now: Int64, _ words: String) {
    for window in UptimeHistory.Window.allCases {
      let expected = model.ratio(window, at: now)
      let ratio = history.share(window, at: Instant(nanoseconds: now))?.ratio
      // Microseconds are lost at the edges of buckets.
      let agrees =
        switch (expected, ratio) {
        case (nil, nil): true
        case (let expected?, let ratio?): abs(expected - ratio) < 1e-3
        case (_?, nil), (nil, _?): false
        }
      #expect(agrees, "\(words), \(window.rawValue) at \(now): \(ratio as Double?), the model says \(expected as Double?)")
    }
  }

  private func phase(_ chance: inout Chance) -> UptimeHistory.Phase {
    [.idle, .down, .up, .up, .checked(passed: nil), .checked(passed: nil)][Int.random(in: 0..<6, using: &chance)]
  }

  @Test("the same ratios as a model that forgets nothing, over long and odd histories", arguments: 1...60)
  func random(seed: UInt64) {
    var chance = Chance(state: seed)
    var history = UptimeHistory()
    var model = Model()
    // The clock's origin is arbitrary, and may lie in the future.
    var now = Int64.random(in: -20...20, using: &chance) * 86_400 * second + Int64.random(in: 0...999, using: &chance)
    for position in 0..<400 {
      if Bool.random(using: &chance) {
        let next = phase(&chance)
        history.begin(next, at: Instant(nanoseconds: now))
        model.begin(next, at: now)
      } else {
        let passed = Int.random(in: 0..<10, using: &chance) > 2
        history.record(passed: passed, at: Instant(nanoseconds: now))
        model.record(passed: passed, at: now)
      }
      now += step(&chance)
      compare(history, model, at: now, "seed \(seed), step \(position)")
    }
  }

  @Test("hours of checks every few seconds", arguments: [1, 7, 30])
  func checks(seconds: Int64) {
    var chance = Chance(state: UInt64(seconds))
    var history = UptimeHistory()
    var model = Model()
    var now: Int64 = 0
    history.begin(.checked(passed: nil), at: moment(0))
    model.begin(.checked(passed: nil), at: 0)
    for position in 0..<20_000 {
      now += seconds * second
      let passed = Int.random(in: 0..<100, using: &chance) > 4
      history.record(passed: passed, at: Instant(nanoseconds: now))
      model.record(passed: passed, at: now)
      if position % 997 == 0 { compare(history, model, at: now, "check \(position)") }
    }
  }

  @Test("written down and taken up again it goes on with the same ratios", arguments: 1...30)
  func restored(seed: UInt64) {
    var chance = Chance(state: seed)
    var history = UptimeHistory()
    var model = Model()
    var now = Int64.random(in: 0...20, using: &chance) * 3600 * second
    for position in 0..<200 {
      let next = phase(&chance)
      history.begin(next, at: Instant(nanoseconds: now))
      model.begin(next, at: now)
      now += step(&chance)
      if position % 9 == 0 {
        history.begin(.idle, at: Instant(nanoseconds: now))
        model.begin(.idle, at: now)
        let kept = UptimeHistory.Window.allCases.flatMap { history.buckets($0, from: .min) }
        let restored = UptimeHistory(kept.shuffled(using: &chance), at: Instant(nanoseconds: now))
        for window in UptimeHistory.Window.allCases {
          let current = now >= 0 ? now / window.bucket : 0
          let inWindow = kept.filter { $0.window == window && $0.number > current - window.buckets && $0.total > 0 }
          #expect(restored.buckets(window, from: .min).filter { $0.total > 0 } == inWindow)
        }
        history = restored
      }
      compare(history, model, at: now, "seed \(seed), step \(position)")
    }
  }

  @Test("a ring holds no more buckets than its window has, and no more than time has passed")
  func size() {
    var history = UptimeHistory()
    history.begin(.up, at: moment(0))
    history.begin(.up, at: moment(150))
    #expect(history.buckets(.hour, from: .min).map(\.number) == [0, 1, 2])
    #expect(history.buckets(.hour, from: 2) == [UptimeHistory.Bucket(window: .hour, number: 2, up: 30_000_000, total: 30_000_000)])
    #expect(history.buckets(.day, from: .min).count == 1)
    #expect(history.buckets(.week, from: 1).isEmpty)
    history.begin(.up, at: moment(30 * 86_400))
    for window in UptimeHistory.Window.allCases { #expect(history.buckets(window, from: .min).count == Int(window.buckets)) }
  }

  @Test("buckets of the future, too old ones and impossible ones are left out")
  func strangers() {
    func bucket(_ number: Int64, up: UInt32 = 1_000_000, total: UInt32 = 1_000_000) -> UptimeHistory.Bucket {
      UptimeHistory.Bucket(window: .hour, number: number, up: up, total: total)
    }
    // Minute 100 of the clock is the current one.
    let restored = UptimeHistory(
      [bucket(101), bucket(1 << 40), bucket(40), bucket(-9), bucket(41), bucket(100, up: 0), bucket(99, up: 9, total: 8)], at: moment(6001))
    #expect(restored.buckets(.hour, from: .min).filter { $0.total > 0 } == [bucket(41), bucket(100, up: 0)])
    #expect(restored.share(.hour, at: moment(6001))?.ratio == 0.5)
    #expect(restored.share(.day, at: moment(6001))?.ratio == nil)
    #expect(restored.share(.hour, at: moment(6060))?.ratio == 0)
  }

  @Test("each account changes the revision, and time that does not count leaves it")
  func revision() {
    var history = UptimeHistory()
    history.begin(.up, at: moment(0))
    #expect(history.revision == 0)
    history.begin(.checked(passed: nil), at: moment(5))
    #expect(history.revision == 1)
    history.begin(.idle, at: moment(9))
    #expect(history.revision == 1)
  }

  @Test("an adopted service goes on with its uptime, and the time without Stoker counts nothing")
  func adopted() throws {
    var rig = try Rig([.named("dao")])
    rig.pass(.seconds(3600))
    var memory = Memory()
    memory.leftAs = .running(since: moment(10), isReady: true)
    memory.uptime = [UptimeHistory.Bucket(window: .hour, number: 40, up: 0, total: 60_000_000)]
    rig.remember(memory, of: "dao")
    rig.boot()
    #expect(rig["dao"].uptime.share(.hour, at: rig.now)?.ratio == 0)
    rig.pass(.seconds(180))
    #expect(rig["dao"].uptime.share(.hour, at: rig.now)?.ratio == 0.75)
  }
}
