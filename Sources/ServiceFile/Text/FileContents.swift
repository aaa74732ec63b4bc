// Whole small files.
import Glibc

enum FileContents {
  /// The call that failed.
  struct Failure: Error {
    var errno: Int32
    /// "No such file or directory".
    var text: String { String(cString: strerror(errno)) }
  }

  /// The bytes of the file at `path`, at most `limit` and one more, so that the caller can tell.
  static func read(_ path: String, limit: Int) throws(Failure) -> [UInt8] {
    // Without O_NONBLOCK a FIFO that nobody writes to would be waited for.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw Failure(errno: errno) }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    let chunk = 65536
    while bytes.count <= limit {
      var failure: Int32 = 0
      let wanted = min(chunk, limit + 1 - bytes.count)
      let part = [UInt8](unsafeUninitializedCapacity: wanted) { buffer, count in
        var got = -1
        repeat { got = Glibc.read(descriptor, buffer.baseAddress, wanted) } while got < 0 && errno == EINTR
        if got < 0 { failure = errno }
        count = max(0, got)
      }
      if failure != 0 { throw Failure(errno: failure) }
      if part.isEmpty { break }
      bytes += part
    }
    return bytes
  }
}
