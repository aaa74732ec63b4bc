// The signals of `run`, taken by sigwait(3): no code ever runs inside a signal handler.

import Glibc

/// The signals that a running Stoker takes (rule 25), blocked in every thread and waited for by one.
struct Signals: Sendable {
  private let set: sigset_t

  /// The request that a signal makes.
  enum Request {
    case stop, reload, nothing
  }

  /// QUIT comes from Ctrl-\: ending at once would leave every service running. USR1 and USR2 would end us too, and have no use yet.
  private static let known: [(number: Int32, name: String, request: Request)] = [
    (SIGTERM, "SIGTERM", .stop), (SIGINT, "SIGINT", .stop), (SIGQUIT, "SIGQUIT", .stop), (SIGHUP, "SIGHUP", .reload),
    (SIGUSR1, "SIGUSR1", .nothing), (SIGUSR2, "SIGUSR2", .nothing),
  ]

  /// Blocks them in this thread and in every thread that it starts; so this comes before the first task.
  static func block() -> Signals {
    var set = sigset_t()
    sigemptyset(&set)
    for signal in known { sigaddset(&set, signal.number) }
    pthread_sigmask(SIG_BLOCK, &set, nil)
    // A script that starts us in the background passes SIGINT on as ignored, and sigwait never returns an ignored signal.
    for signal in known where signal.request == .stop { Glibc.signal(signal.number, SIG_DFL) }
    return Signals(set: set)
  }

  /// Waits for the next of them.
  func next() -> (name: String, request: Request) {
    var set = set
    var number: Int32 = 0
    while true {
      guard sigwait(&set, &number) == 0 else { continue }
      if let signal = Self.known.first(where: { $0.number == number }) { return (signal.name, signal.request) }
    }
  }
}
