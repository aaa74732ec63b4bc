// Writing to the descriptors of this process.

import Glibc
import Linux

enum FileDescriptor {
  /// Writes whole lines of at most a page at a time. A pipe takes such a part as a whole, so no line of another writer stands inside one.
  static func writeLines(_ bytes: [UInt8], to descriptor: Int32) -> SystemError? {
    var rest = bytes[...]
    while !rest.isEmpty {
      let most = rest.prefix(4096)
      let part = most.lastIndex(of: UInt8(ascii: "\n")).map { most[...$0] } ?? most
      if let error = writeAll(part, to: descriptor) { return error }
      rest = rest[part.endIndex...]
    }
    return nil
  }

  /// Writes all of `bytes`, and waits while the descriptor is full.
  /// - Returns: The error that ended it; nil if all is written.
  static func writeAll(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) -> SystemError? {
    bytes.withUnsafeBytes { bytes in
      var rest = bytes[...]
      while !rest.isEmpty {
        let written = write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
        if written >= 0 {
          rest = rest.dropFirst(written)
          continue
        }
        switch errno {
        case EINTR: continue
        case EAGAIN:
          // Another process with the same terminal or pipe has made it non-blocking.
          _ = wait(for: descriptor, POLLOUT, milliseconds: -1)
        case let code: return SystemError(errno: code)
        }
      }
      return nil
    }
  }
}
