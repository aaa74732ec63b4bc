// Reads small files as a whole.

import Glibc

/// Files that are read as a whole.
package enum SmallFile {
  /// The content of a file, at most `bound` bytes; nil with errno if it cannot be read.
  package static func read(_ path: String, bound: Int) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    return read(descriptor, bound: bound)
  }

  /// The content of a descriptor, at most `bound` bytes.
  package static func read(_ descriptor: Int32, bound: Int) -> [UInt8]? {
    var bytes: [UInt8] = []
    var isReadable = true
    while bytes.count < bound {
      let size = min(16384, bound - bytes.count)
      let count = withUnsafeTemporaryAllocation(byteCount: size, alignment: 1) { block in
        let count = uninterrupted { Glibc.read(descriptor, block.baseAddress, size) }
        if count > 0 { bytes.append(contentsOf: block[0..<count]) }
        return count
      }
      isReadable = count >= 0
      if count <= 0 { break }
    }
    return isReadable ? bytes : nil
  }
}
