// A thread for blocking system calls, which have no place on Swift's own few threads.

import CLinux
import Glibc
import Linux

/// A thread of the system that runs one function to its end, and is not waited for.
enum NativeThread {
  private final class Start: Sendable {
    let name: String
    let body: @Sendable () -> Void

    init(name: String, body: @escaping @Sendable () -> Void) {
      self.name = name
      self.body = body
    }
  }

  /// Starts `body` on a new thread. Signals for the program are left to the program's own threads. The errno if that cannot be.
  static func start(_ name: String, body: @escaping @Sendable () -> Void) -> Int32? {
    let start = Unmanaged.passRetained(Start(name: name, body: body))
    var created = pthread_t()
    let error = pthread_create(
      &created, nil,
      { argument in
        guard let argument else { return nil }
        let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
        var signals = sigset_t()
        sigfillset(&signals)
        pthread_sigmask(SIG_SETMASK, &signals, nil)
        clinux_name_thread(start.name)
        start.body()
        return nil
      }, start.toOpaque())
    guard error == 0 else {
      start.release()
      return error
    }
    pthread_detach(created)
    return nil
  }
}
