// The moment of an input.

/// The moment of an input, and the facts of the node that matter to a machine.
struct Moment {
  var now: Instant
  /// Whether a full stop is under way.
  var isFullStop = false
  /// Whether everything is to be killed at once.
  var isForced = false
  /// The source of u in [0,1), drawn only when a delay needs it (rule 10).
  var jitter: () -> Double = { 0 }

  /// Calls `body` with the same moment and this source of jitter.
  func drawing(from jitter: () -> Double, _ body: (Moment) -> Void) {
    withoutActuallyEscaping(jitter) { jitter in
      var moment = self
      moment.jitter = jitter
      body(moment)
    }
  }
}
