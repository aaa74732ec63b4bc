// Whole small files.
import Glibc
import Linux

enum FileContents {
  /// The bytes of the file at `path`, at most `limit` and one more, which shows the caller that the file is larger.
  static func read(_ path: String, limit: Int) throws(SystemError) -> [UInt8] {
    // Without O_NONBLOCK, opening a FIFO without a writer would block.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw SystemError.last }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    let chunk = 65536
    while bytes.count <= limit {
      var failure: Int32 = 0
      let wanted = min(chunk, limit + 1 - bytes.count)
      let part = [UInt8](unsafeUninitializedCapacity: wanted) { buffer, count in
        let got = uninterrupted { Glibc.read(descriptor, buffer.baseAddress, wanted) }
        if got < 0 { failure = errno }
        count = max(0, got)
      }
      if failure != 0 { throw SystemError(errno: failure) }
      if part.isEmpty { break }
      bytes += part
    }
    return bytes
  }
}
