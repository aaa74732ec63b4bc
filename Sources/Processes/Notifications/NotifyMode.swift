// How a program reports that it is ready.

/// How a program reports that it is ready.
package enum NotifyMode: String, Hashable, Sendable, CaseIterable {
  /// Not at all.
  case none
  /// By datagrams to the socket in `NOTIFY_SOCKET`, as with systemd.
  case systemd
  /// By a newline on descriptor 3, as with s6.
  case s6
}
