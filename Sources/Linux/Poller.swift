// epoll: waits for many descriptors at once.

import CLinux
import Glibc

/// Reports which of many descriptors are readable, or can be written to. Used by one thread.
package struct Poller: ~Copyable {
  private let descriptor: Int32

  package init() throws(SystemError) {
    descriptor = try system { clinux_epoll_create() }
  }

  deinit { close(descriptor) }

  /// Watches a descriptor; `wait` reports it by its number.
  package func add(_ watched: Int32) throws(SystemError) {
    try system { clinux_epoll_add(descriptor, watched, UInt64(watched)) }
  }

  /// Watches one of the kernel's own files for changes of its content.
  package func addNotified(_ watched: Int32) throws(SystemError) {
    try system { clinux_epoll_add_notified(descriptor, watched, UInt64(watched)) }
  }

  /// Watches whether a descriptor can be written to; `wait` reports it by its number.
  package func addWriting(_ watched: Int32) throws(SystemError) {
    try system { clinux_epoll_add_writing(descriptor, watched, UInt64(watched)) }
  }

  package func remove(_ watched: Int32) {
    _ = clinux_epoll_remove(descriptor, watched)
  }

  /// Waits until descriptors are ready, at most so many milliseconds (-1: without limit), and puts them
  /// into `ready`.
  package func wait(into ready: inout [Int32], milliseconds: Int32 = -1) {
    ready.removeAll(keepingCapacity: true)
    withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 256) { tokens in
      let count = clinux_epoll_wait(descriptor, tokens.baseAddress, Int32(tokens.count), milliseconds)
      for index in 0..<Int(max(count, 0)) { ready.append(Int32(tokens[index])) }
    }
  }
}
