// The moment of an input.

/// The moment of an input, and what of the whole node matters to a machine.
struct Moment {
  var now: Instant
  /// A full stop is under way.
  var isFullStop = false
  /// Everything is to be killed at once.
  var isForced = false
  /// Gives u in [0,1); drawn only when a delay needs it (rule 10).
  var jitter: () -> Double = { 0 }
}
