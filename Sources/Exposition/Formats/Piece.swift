// A part of a page as bytes that are kept.

/// Bytes with a stamp that no other bytes ever had, so that two of one stamp need not be compared.
struct Piece: Sendable {
  /// What a scraper is sent.
  var bytes: [UInt8] = []
  /// 0 while the bytes are out of date (or none were ever written).
  var stamp: UInt64 = 0

  /// Writes the bytes anew if they are out of date; their memory is used again.
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

/// Gives each stamp once.
struct Stamps: Sendable {
  /// The stamp of bytes that are always the same.
  static let fixed: UInt64 = 1

  private var last = Self.fixed

  mutating func next() -> UInt64 {
    last += 1
    return last
  }
}
