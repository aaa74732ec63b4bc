// Plain lines, written at once: the reader of a pipe sees each line immediately.

import Glibc

enum Console {
  /// A line on stdout.
  static func say(_ line: String) {
    put(line, on: STDOUT_FILENO)
  }

  /// A line on stderr.
  static func complain(_ line: String) {
    put("fog-service: " + line, on: STDERR_FILENO)
  }

  private static func put(_ line: String, on descriptor: Int32) {
    var text = line + "\n"
    text.withUTF8 { bytes in
      var rest = UnsafeRawBufferPointer(bytes)
      while !rest.isEmpty {
        let written = write(descriptor, rest.baseAddress, rest.count)
        guard written > 0 else { return }  // the reader is gone
        rest = UnsafeRawBufferPointer(rebasing: rest[written...])
      }
    }
  }
}
