// The terminal in which Stoker was started by hand, and whether it has hung up (rule 81).

import Glibc

/// The controlling terminal of a Stoker that was started by hand. It is held open: only a descriptor from before the hang-up shows it.
struct ControllingTerminal: Sendable {
  private let descriptor: Int32

  /// The terminal whose end ends Stoker; nil: there is none, as Stoker is process 1, belongs to a service manager, or was started with
  /// SIGHUP ignored, as nohup(1) does. Before signals are blocked.
  static func take() -> ControllingTerminal? {
    guard getpid() != 1, !isIgnored(SIGHUP), !isManaged else { return nil }
    let descriptor = open("/dev/tty", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)
    return descriptor >= 0 ? ControllingTerminal(descriptor: descriptor) : nil
  }

  /// Whether it has hung up. The kernel marks it so before it sends SIGHUP.
  var hasHungUp: Bool {
    var entry = pollfd(fd: descriptor, events: 0, revents: 0)
    return poll(&entry, 1, 0) > 0 && entry.revents & Int16(POLLHUP) != 0
  }

  /// Whether a service manager started this process, rather than a shell in a terminal that a service manager started.
  private static var isManaged: Bool {
    Environment.value("NOTIFY_SOCKET") != nil || Environment.value("SYSTEMD_EXEC_PID") == String(getpid())
  }

  private static func isIgnored(_ signal: Int32) -> Bool {
    var action = sigaction()
    guard sigaction(signal, nil, &action) == 0 else { return false }
    return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == 1
  }
}
