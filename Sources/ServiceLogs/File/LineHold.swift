// Holds the unfinished lines of a log where whole lines alone are written.

import Glibc

/// The unfinished line of each source of one log.
struct LineHold {
  private var parts: [LogSource: [UInt8]] = [:]

  /// The longest line that is held; a longer one is cut.
  static let bound = 64 * 1024
  private static let newline = UInt8(ascii: "\n")

  /// Passes on the whole lines of some output, with what was held of the first, and holds the rest.
  mutating func take(_ bytes: UnsafeRawBufferPointer, from source: LogSource, _ write: (UnsafeRawBufferPointer) -> Void) {
    let end = bytes.lastNewline(before: bytes.count).map { $0 + 1 } ?? 0
    var rest = parts.isEmpty ? [] : parts.removeValue(forKey: source) ?? []
    if end > 0 {
      let lines = UnsafeRawBufferPointer(rebasing: bytes[0..<end])
      if rest.isEmpty {
        write(lines)
      } else {
        rest += lines
        rest.withUnsafeBytes(write)
        rest = []
      }
    }
    rest += bytes[end...]
    if rest.count > Self.bound {
      rest.append(Self.newline)
      rest.withUnsafeBytes(write)
      rest = []
    }
    if !rest.isEmpty { parts[source] = rest }
  }

  /// Whether nothing is held.
  var isEmpty: Bool { parts.isEmpty }

  /// The number of bytes that are held of a source.
  func count(of source: LogSource) -> Int { parts.isEmpty ? 0 : parts[source]?.count ?? 0 }

  /// Takes what is held of a source; nil if its last line was whole.
  mutating func remove(_ source: LogSource) -> [UInt8]? {
    parts.isEmpty ? nil : parts.removeValue(forKey: source)
  }

  /// Takes the unfinished line of a source whose output is over, with a newline.
  mutating func finish(_ source: LogSource) -> [UInt8]? {
    remove(source).map { $0 + [Self.newline] }
  }
}
