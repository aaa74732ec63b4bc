// Whole lines from bytes in pieces of any size.

import Synchronization

final class LineSplitter: Sendable {
  private let unfinished = Mutex<[UInt8]>([])

  /// Longest incomplete line that is kept; then it is cut.
  private static let bound = 16 * 1024

  /// The lines that are whole now, and the last state of an incomplete one.
  func take(_ bytes: [UInt8]) -> (lines: [String], incomplete: String?) {
    unfinished.withLock { unfinished in
      var lines: [String] = []
      var rest = (unfinished + bytes)[...]
      while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
        lines.append(String(decoding: rest[..<end], as: UTF8.self))
        rest = rest[(end + 1)...]
      }
      if rest.count > Self.bound {
        lines.append(String(decoding: rest, as: UTF8.self))
        rest = []
      }
      unfinished = Array(rest)
      return (lines, rest.isEmpty ? nil : String(decoding: rest.lastState, as: UTF8.self))
    }
  }
}
