// An errno with its words, and the two ways of making system calls.

import CLinux
import Glibc

/// The error of a system call, with a description like "No such file or directory (ENOENT)".
package struct SystemError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The call's errno.
  package var errno: Int32

  /// Wraps an errno.
  package init(errno: Int32) {
    self.errno = errno
  }

  /// The errno of the call that has just failed.
  package static var last: SystemError { SystemError(errno: Glibc.errno) }

  /// Whether the call lacked a descriptor, in this process or on the whole machine: that says nothing about what it was for.
  package var isDescriptorShortage: Bool { errno == EMFILE || errno == ENFILE }

  /// The system's words, with the symbol.
  package var description: String {
    // 128 bytes hold every message of glibc; the XSI variant is the one Swift sees, and fills the buffer.
    let words = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 128) { buffer -> String in
      guard let start = buffer.baseAddress, strerror_r(errno, start, buffer.count) == 0 else { return "error \(errno)" }
      return String(cString: start)
    }
    return "\(words) (\(String(cString: clinux_error_name(errno))))"
  }
}

/// Makes a system call that returns -1 on failure.
@discardableResult
package func system<Result: SignedInteger>(_ call: () -> Result) throws(SystemError) -> Result {
  let result = call()
  guard result >= 0 else { throw .last }
  return result
}

/// Repeats a system call while signals interrupt it.
@inlinable package func uninterrupted<Result: SignedInteger>(_ call: () -> Result) -> Result {
  while true {
    let result = call()
    if result >= 0 || errno != EINTR { return result }
  }
}

/// Writes bytes until all are written or a write fails.
/// - Returns: The number of bytes written.
package func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Int {
  var written = 0
  while written < bytes.count {
    let count = uninterrupted { write(descriptor, bytes.baseAddress.map { $0 + written }, bytes.count - written) }
    guard count > 0 else { break }
    written += count
  }
  return written
}
