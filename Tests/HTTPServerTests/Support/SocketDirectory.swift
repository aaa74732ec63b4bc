// A directory for socket files.

import Glibc

/// Makes an empty directory, runs `body`, and removes it with the files in it.
func withSocketDirectory(_ body: (String) async throws -> Void) async throws {
  var template = Array("/tmp/httpserver-XXXXXX".utf8CString)
  let path = template.withUnsafeMutableBufferPointer { buffer in
    buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) } ?? ""
  }
  precondition(!path.isEmpty, "mkdtemp: \(errno)")
  defer {
    unlink(path + "/s")
    rmdir(path)
  }
  try await body(path)
}
