// Counts by the cases of an enum: dense, in the order of declaration, always with every case.

/// A number for each case of `Key`, all 0 at first.
package struct Tally<Key: CaseIterable & Equatable & Sendable>: Sendable {
  /// In the order of declaration.
  private(set) var counts: [UInt64]

  /// All zero.
  package init() {
    counts = Array(repeating: 0, count: Key.allCases.count)
  }

  /// The count of `key`.
  package subscript(key: Key) -> UInt64 {
    get { counts[Self.position(of: key)] }
    set { counts[Self.position(of: key)] = newValue }
  }

  /// The sum over all cases.
  package var total: UInt64 {
    counts.reduce(0, +)
  }

  private static func position(of key: Key) -> Int {
    var position = 0
    for candidate in Key.allCases {
      if candidate == key { return position }
      position += 1
    }
    preconditionFailure("\(key) is not among all cases of \(Key.self)")
  }
}
