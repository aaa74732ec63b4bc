// Signals, taken by sigwait(3): no code ever runs inside a signal handler.

import Glibc

struct Signals {
  private var set: sigset_t

  /// Blocks signals in this thread and in every thread that it starts.
  static func block(_ signals: Int32...) -> Signals {
    var set = sigset_t()
    sigemptyset(&set)
    for signal in signals { sigaddset(&set, signal) }
    pthread_sigmask(SIG_BLOCK, &set, nil)
    return Signals(set: set)
  }

  /// Waits for the next of them.
  func wait() -> Int32 {
    var set = set
    var signal: Int32 = 0
    while sigwait(&set, &signal) != 0 {}
    return signal
  }

  /// Ends this process by a signal, as a crash would.
  static func die(of number: Int32) -> Never {
    var set = sigset_t()
    sigemptyset(&set)
    sigaddset(&set, number)
    signal(number, SIG_DFL)
    pthread_sigmask(SIG_UNBLOCK, &set, nil)
    raise(number)
    exit(3)  // a signal that does not end a process by default
  }
}
