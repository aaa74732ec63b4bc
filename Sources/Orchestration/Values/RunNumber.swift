// The numbers of runs.

/// The numbers of runs.
package enum RunNumber {
  /// The highest one: JSON carries it exactly, and counting on from it cannot overflow. A higher one that is read from outside is not ours.
  package static let highest: UInt64 = 1 << 53 - 1
}
