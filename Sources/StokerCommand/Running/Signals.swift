// The signals of `run`, taken by sigwaitinfo(2): no code ever runs inside a signal handler.

import Glibc
import Linux
import Orchestration

/// The signals that a running Stoker takes (rules 25 and 81), blocked in every thread and waited for by one.
struct Signals: Sendable {
  private let set: sigset_t

  /// The request that a signal makes.
  enum Request {
    case stop, reload, nothing
  }

  /// The request of a signal; nil for one that is left alone.
  ///
  /// Every other signal is taken, also one without a meaning: its default action would end us and leave every service running.
  static func request(of number: Int32) -> Request? {
    switch number {
    case SIGTERM, SIGINT, SIGQUIT, SIGPWR: .stop
    case SIGHUP: .reload
    // Nothing can take these two.
    case SIGKILL, SIGSTOP: nil
    // Faults of this program: to go on after one would be to go on in a loop.
    case SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGSYS: nil
    // They end no process by default, or `main` ignores them.
    case SIGTSTP, SIGTTIN, SIGTTOU, SIGCONT, SIGCHLD, SIGURG, SIGWINCH, SIGPIPE: nil
    case 1..<32: .nothing
    case realTime: systemdStops.contains(number - realTime.lowerBound) ? .stop : .nothing
    // Two signals of glibc's own, which `block` ignores.
    default: nil
    }
  }

  /// `SIGTERM`, `SIGRTMIN+3`.
  static func name(of number: Int32) -> String {
    guard realTime.contains(number) else { return Exit.signalName(number) }
    return number == realTime.lowerBound ? "SIGRTMIN" : "SIGRTMIN+\(number - realTime.lowerBound)"
  }

  private static let realTime = __libc_current_sigrtmin()...__libc_current_sigrtmax()
  /// Process 1 of a container is sent these by who runs it, since systemd takes them (systemd(1)): halt, poweroff, reboot, kexec, and the
  /// same at once from 13 on.
  private static let systemdStops: Set<Int32> = [3, 4, 5, 6, 13, 14, 15, 16]
  private static let all = (1...realTime.upperBound).filter { request(of: $0) != nil }

  /// Blocks them in this thread and in every thread that it starts; so this comes before the first task.
  static func block() -> Signals {
    var set = sigset_t()
    sigemptyset(&set)
    for number in all { sigaddset(&set, number) }
    pthread_sigmask(SIG_BLOCK, &set, nil)
    LibrarySignals.ignore()
    // A script that starts us in the background passes SIGINT on as ignored, and an ignored signal never becomes pending.
    for number in all where request(of: number) == .stop { signal(number, SIG_DFL) }
    return Signals(set: set)
  }

  /// Waits for the next of them; nil when none is pending at the deadline.
  func next(until deadline: SuspendingClock.Instant?) -> (name: String, request: Request)? {
    var set = set
    while true {
      let number: Int32
      if let deadline {
        let left = max(.zero, deadline - .now).components
        var time = timespec(tv_sec: Int(left.seconds), tv_nsec: Int(left.attoseconds / 1_000_000_000))
        number = sigtimedwait(&set, nil, &time)
      } else {
        number = sigwaitinfo(&set, nil)
      }
      if number > 0, let request = Self.request(of: number) { return (Self.name(of: number), request) }
      if number < 0, errno == EAGAIN { return nil }
    }
  }
}
