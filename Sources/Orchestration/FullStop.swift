// The full stop of everything (rule 24).

/// A full stop that is under way, or over.
struct FullStop: Sendable {
  /// How many services with a run have each explicit layer; layers compressed to those that exist, in order.
  var occupied: [Int]
  /// The explicit layers that exist, ascending.
  let layers: [Int]
  /// The highest position in `layers` that still has a run; -1: none.
  var highest: Int
  /// Services that had to be killed, in the order in which they were.
  var killed: [ServiceID] = []
  /// Everything is to be killed at once.
  var isForced = false
  /// The report was made.
  var isOver = false
}
