// A kept part of a page, as bytes.

/// Bytes with a unique stamp: two pieces with the same stamp have the same bytes, without a comparison.
struct Piece: Sendable {
  /// The bytes for a scraper.
  var bytes: [UInt8] = []
  /// The stamp; 0 while the bytes are out of date, or were never written.
  var stamp: UInt64 = 0

  /// Writes the bytes again if they are out of date, into the same memory.
  mutating func renew(_ stamps: inout Stamps, _ write: (inout [UInt8]) -> Void) {
    guard stamp == 0 else { return }
    bytes.removeAll(keepingCapacity: true)
    write(&bytes)
    stamp = stamps.next()
  }

  /// Replaces the bytes, if they differ.
  mutating func become(_ new: [UInt8], _ stamps: inout Stamps) {
    guard stamp == 0 || bytes != new else { return }
    bytes = new
    stamp = stamps.next()
  }
}

/// The source of stamps, each of which it returns once.
struct Stamps: Sendable {
  /// The stamp of constant bytes.
  static let fixed: UInt64 = 1

  private var last = Self.fixed

  mutating func next() -> UInt64 {
    last += 1
    return last
  }
}
