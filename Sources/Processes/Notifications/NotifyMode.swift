// How a program says that it is ready.

/// How a program says that it is ready.
package enum NotifyMode: String, Hashable, Sendable, CaseIterable {
  /// It does not.
  case none
  /// By datagrams to the socket that `NOTIFY_SOCKET` names, as systemd has it.
  case systemd
  /// By a newline on descriptor 3, as s6 has it.
  case s6
}
