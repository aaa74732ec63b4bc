// A search in a stream, however it is cut (Knuth, Morris, Pratt): linear, and keeps no part of the stream.

/// A search for a sequence of bytes.
struct ByteSearch {
  private let needle: [UInt8]
  /// For each length of a partial match: the longest shorter one that is also its end.
  private let fallback: [Int]
  private var matched = 0

  /// Whether the sequence has been seen; an empty one always has.
  var found: Bool { matched == needle.count }

  init(for needle: [UInt8]) {
    self.needle = needle
    var fallback = [Int](repeating: 0, count: needle.count + 1)
    var length = 0
    for index in needle.indices.dropFirst() {
      while length > 0 && needle[index] != needle[length] { length = fallback[length] }
      if needle[index] == needle[length] { length += 1 }
      fallback[index + 1] = length
    }
    self.fallback = fallback
  }

  /// Takes the next bytes of the stream; true once the sequence has been seen.
  mutating func feed(_ bytes: some Sequence<UInt8>) -> Bool {
    for byte in bytes {
      if found { break }
      while matched > 0 && byte != needle[matched] { matched = fallback[matched] }
      if byte == needle[matched] { matched += 1 }
    }
    return found
  }
}
