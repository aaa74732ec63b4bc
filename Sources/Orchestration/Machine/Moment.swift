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

  /// The same moment with chances that `jitter` gives, for as long as `body` runs.
  func drawing(from jitter: () -> Double, _ body: (Moment) -> Void) {
    withoutActuallyEscaping(jitter) { jitter in
      var moment = self
      moment.jitter = jitter
      body(moment)
    }
  }
}
