// The delay before an attempt.

/// The delay before attempt n: `min(max, base * factor^(n-1) * (1 + jitter*u))` with u in [0,1) (rule 10).
public struct Backoff: Sendable, Equatable {
  /// The delay before the first attempt.
  public var base: Duration
  /// Each delay is this many times the one before; at least 1.
  public var factor: Double
  /// No delay is longer.
  public var max: Duration
  /// The largest random addition, as a share of the delay; 0 to 1.
  public var jitter: Double

  /// A back-off with the defaults of the service file: 2 s, 4 s, 8 s …, at most 5 min.
  public init(base: Duration = .seconds(2), factor: Double = 2, max: Duration = .seconds(300), jitter: Double = 0) {
    self.base = base
    self.factor = factor
    self.max = max
    self.jitter = jitter
  }
}

extension Backoff {
  /// The delays after a spawn that cannot succeed are so many times longer (rule 13).
  static let hopelessFactor = 10.0

  /// The delay before attempt n, from 1 (rule 10).
  func delay(ofAttempt attempt: Int, isHopeless: Bool, _ jitter: () -> Double) -> Duration {
    var delay = base.inSeconds * (isHopeless ? Self.hopelessFactor : 1)
    let limit = max.inSeconds
    // Multiplied step by step: exact for the factors in use, and done as soon as the limit is reached.
    var step = 1
    while step < attempt, delay < limit, factor != 1 {
      delay *= factor
      step += 1
    }
    if self.jitter > 0 { delay *= 1 + self.jitter * jitter() }
    guard delay < limit else { return max }
    return .nanoseconds(Int64(delay * 1e9 + 0.5))
  }
}
