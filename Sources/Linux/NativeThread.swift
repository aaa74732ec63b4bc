// Threads for blocking system calls, which must not occupy Swift's few shared threads.

import CLinux
import Glibc

/// A thread of the system that runs one function to its end.
package struct NativeThread: Sendable {
  private let handle: pthread_t

  private final class Start: Sendable {
    let name: String
    let body: @Sendable () -> Void

    init(name: String, body: @escaping @Sendable () -> Void) {
      self.name = name
      self.body = body
    }
  }

  /// Starts `body` on a new thread. Signals to the process are left to the program's own threads. A detached
  /// thread cannot be joined.
  package init(_ name: String, isDetached: Bool = false, body: @escaping @Sendable () -> Void) throws(SystemError) {
    let start = Unmanaged.passRetained(Start(name: name, body: body))
    var created = pthread_t()
    let error = pthread_create(
      &created, nil,
      { argument in
        guard let argument else { return nil }
        let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
        clinux_block_signals()
        clinux_name_thread(start.name)
        start.body()
        return nil
      }, start.toOpaque())
    guard error == 0 else {
      start.release()
      throw SystemError(errno: error)
    }
    handle = created
    if isDetached { pthread_detach(created) }
  }

  /// Whether the caller runs on this thread.
  package var isCurrent: Bool { pthread_equal(handle, pthread_self()) != 0 }

  /// Waits for its end. Called on the thread itself, which cannot wait for its own end, it detaches the
  /// thread.
  package func join() {
    if isCurrent { pthread_detach(handle) } else { pthread_join(handle, nil) }
  }
}
