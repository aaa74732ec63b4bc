// Descriptor 3 of a program that reports with a newline that it is ready, as with s6.

import CLinux
import Glibc
import Linux

/// A pipe that does not break when its reader dies: the writer's end is open for reading as well, so a
/// program that writes while there is no reader is not killed by SIGPIPE.
enum ReadinessPipe {
  /// The number of the program's descriptor.
  static let number = 3
  /// One page is enough for a newline, and few programs have a pipe so small: the size helps to recognise
  /// this pipe.
  private static let size: Int32 = 4096

  static func open() throws(SystemError) -> (reading: Int32, writing: Int32) {
    var ends: [Int32] = [-1, -1]
    try system { clinux_pipe(&ends) }
    close(ends[1])
    _ = clinux_pipe_resize(ends[0], size)
    let writing = Glibc.open("/proc/self/fd/\(ends[0])", O_RDWR | O_CLOEXEC)
    guard writing >= 0, clinux_set_nonblocking(ends[0]) == 0 else {
      let error = SystemError.last
      close(ends[0])
      if writing >= 0 { close(writing) }
      throw error
    }
    return (ends[0], writing)
  }

  /// Descriptor 3 of a process that a predecessor started.
  enum Found: Equatable {
    /// The pipe, with its reading end.
    case pipe(Int32)
    /// Not the pipe: the process has closed it, as programs do after they are ready.
    case closed
    /// The descriptor cannot be looked at.
    case unknown
  }

  static func find(in pid: Int32) -> Found {
    let path = "/proc/\(pid)/fd/\(number)"
    guard let target = SymbolicLink.target(path) else { return errno == ENOENT ? .closed : .unknown }
    guard target.hasPrefix("pipe:[") else { return .closed }
    // Pipes that programs make are never open for both.
    let information = SmallFile.read("/proc/\(pid)/fdinfo/\(number)", bound: 4096)
    guard let flags = information?.withUnsafeBytes({ $0.octal(after: "flags:\t") }) else { return .unknown }
    guard Int32(truncatingIfNeeded: flags) & O_ACCMODE == O_RDWR else { return .closed }
    let reading = Glibc.open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard reading >= 0 else { return .unknown }
    guard clinux_pipe_size(reading) == size else {
      close(reading)
      return .closed
    }
    return .pipe(reading)
  }

  /// Whether a newline has come, or will never come; nil if it may still come.
  static func isReady(_ reading: Int32) -> Bool? {
    withUnsafeTemporaryAllocation(byteCount: Int(size), alignment: 1) { buffer in
      while true {
        let count = uninterrupted { read(reading, buffer.baseAddress, buffer.count) }
        if count == 0 { return false }
        if count < 0 { return errno == EAGAIN ? nil : false }
        if buffer[0..<count].contains(UInt8(ascii: "\n")) { return true }
      }
    }
  }
}
