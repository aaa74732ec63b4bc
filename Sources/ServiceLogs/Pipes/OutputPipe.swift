// One pipe from a service to us: a FIFO that outlives us, or where none can be had a pipe that at least kills nobody.

import CLinux
import Glibc
import Linux

/// The two ends of a pipe; they belong to who has this.
struct OutputPipe {
  /// Ours; never waits.
  var reading: Int32
  /// The child's. It is open for reading too, so that nobody gets SIGPIPE or an end when we die: writers wait then (rule 36).
  var writing: Int32
  /// Where it is to be found by a successor; nil if it cannot be.
  var path: String?

  func close() {
    Glibc.close(reading)
    Glibc.close(writing)
    if let path { unlink(path) }
  }

  /// Makes a FIFO for us alone. One that is there by this name is of a run that nobody asked to be kept.
  static func named(_ path: String) throws(SystemError) -> OutputPipe {
    if mkfifo(path, 0o600) < 0 {
      switch errno {
      case EEXIST: unlink(path)
      case ENOENT: if let parent = Directories.parent(of: path) { try Directories.make(parent) }
      default: throw .last
      }
      try system { mkfifo(path, 0o600) }
    }
    var ends: [Int32] = [-1, -1]
    do {
      // The writing end first: without a writer the reading end would be at its end.
      ends[1] = try system { open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW) }
      ends[0] = try system { open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW) }
    } catch {
      for end in ends where end >= 0 { Glibc.close(end) }
      unlink(path)
      throw error
    }
    return OutputPipe(reading: ends[0], writing: ends[1], path: path)
  }

  /// Makes a pipe without a name.
  static func anonymous() throws(SystemError) -> OutputPipe {
    var ends: [Int32] = [-1, -1]
    try system { clinux_pipe(&ends) }
    // Our end alone: the child's is another open file, and waits as programs expect.
    if clinux_set_nonblocking(ends[0]) < 0 {
      let error = SystemError.last
      for end in ends { Glibc.close(end) }
      throw error
    }
    // Without /proc the child has an end for writing only.
    let both = open("/proc/self/fd/\(ends[1])", O_RDWR | O_CLOEXEC)
    if both >= 0 {
      Glibc.close(ends[1])
      ends[1] = both
    }
    return OutputPipe(reading: ends[0], writing: ends[1])
  }
}
