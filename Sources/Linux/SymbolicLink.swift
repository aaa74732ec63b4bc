// The targets of symbolic links.

import Glibc

/// Symbolic links, including those of /proc.
package enum SymbolicLink {
  /// The first 255 bytes of its target; nil with errno if it cannot be read.
  package static func target(_ path: String) -> String? {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 255) { buffer in
      guard let start = buffer.baseAddress else { return nil }
      let length = readlink(path, start, buffer.count)
      guard length >= 0 else { return nil }
      return String(decoding: UnsafeRawBufferPointer(start: start, count: length), as: UTF8.self)
    }
  }

  /// The target of a link that is open (O_PATH), or of an entry of an open folder; nil with errno, also for a target of more than 4095
  /// bytes.
  package static func target(at descriptor: Int32, _ name: String) -> String? {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 4096) { buffer in
      guard let start = buffer.baseAddress else { return nil }
      let length = readlinkat(descriptor, name, start, buffer.count)
      guard length >= 0, length < buffer.count else { return nil }
      return String(decoding: UnsafeRawBufferPointer(start: start, count: length), as: UTF8.self)
    }
  }
}
