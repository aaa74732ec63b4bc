// Our own standard output and error as logs: pipes, sockets, terminals and files that somebody else has opened.

import CLinux
import Glibc
import Linux

/// A descriptor that we were started with, for writing.
enum InheritedStream {
  /// The thing behind a descriptor: /dev/stdout and /dev/stderr may be one pipe. nil if we were not started with it.
  static func identity(of number: Int32) -> StreamIdentity? {
    var status = stat()
    guard isInherited(number), fstat(number, &status) == 0 else { return nil }
    return StreamIdentity(device: status.st_dev, inode: status.st_ino)
  }

  /// Opens it for our own writing. `mayWait`: it is the other holders' open file too, so it cannot be told not to wait.
  static func open(_ number: Int32) throws(SystemError) -> (descriptor: Int32, mayWait: Bool) {
    let fresh = reopened(number)
    if fresh >= 0 { return (fresh, false) }
    return (try copy(number), true)
  }

  /// Opens it for a child, whose writes wait.
  static func openWaiting(_ number: Int32) throws(SystemError) -> Int32 {
    let fresh = reopened(number)
    guard fresh >= 0 else { return try copy(number) }
    let flags = fcntl(fresh, F_GETFL)
    guard flags >= 0, fcntl(fresh, F_SETFL, flags & ~O_NONBLOCK) >= 0 else {
      close(fresh)
      return try copy(number)
    }
    return fresh
  }

  /// An open file of ours alone, so that our flags change nobody else's. A socket cannot be opened again, and a pipe of another user not by
  /// us; a file would be opened at its beginning. The other end is not waited for: a pipe may have none.
  private static func reopened(_ number: Int32) -> Int32 {
    guard isInherited(number), let kind = FileFacts.of(number)?.kind, kind == .fifo || kind == .device else { return -1 }
    return Glibc.open("/proc/self/fd/\(number)", O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
  }

  private static func copy(_ number: Int32) throws(SystemError) -> Int32 {
    guard isInherited(number) else { throw SystemError(errno: EBADF) }
    return try system { fcntl(number, F_DUPFD_CLOEXEC, 3) }
  }

  /// Descriptors of our own, such as the journal's, are close-on-exec; those that we were started with cannot be.
  private static func isInherited(_ number: Int32) -> Bool {
    let flags = fcntl(number, F_GETFD)
    return flags >= 0 && flags & FD_CLOEXEC == 0
  }
}
