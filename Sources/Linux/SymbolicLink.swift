// What a symbolic link says.

import Glibc

/// Symbolic links, those of /proc among them.
package enum SymbolicLink {
  /// What it points to, the first 255 bytes of it; nil with errno if it cannot be read.
  package static func target(_ path: String) -> String? {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 255) { buffer in
      guard let start = buffer.baseAddress else { return nil }
      let length = readlink(path, start, buffer.count)
      guard length >= 0 else { return nil }
      return String(decoding: UnsafeRawBufferPointer(start: start, count: length), as: UTF8.self)
    }
  }
}
