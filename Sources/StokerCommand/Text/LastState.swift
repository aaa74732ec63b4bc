// Progress bars: a line that is written again and again, each time from its beginning.

extension BidirectionalCollection<UInt8> {
  /// The part of an incomplete line that a terminal shows: the bytes after the last carriage return that something follows.
  var lastState: [UInt8] {
    let end = lastIndex { $0 != UInt8(ascii: "\r") }.map { index(after: $0) } ?? startIndex
    let begin = self[..<end].lastIndex(of: UInt8(ascii: "\r")).map { index(after: $0) } ?? startIndex
    return Array(self[begin..<end])
  }
}
