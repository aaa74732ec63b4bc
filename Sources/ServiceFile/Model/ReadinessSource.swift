// How a service says that its start is done.

/// How a service says that it is ready.
package enum ReadinessSource: Sendable, Equatable {
  /// sd_notify: `READY=1` on `$NOTIFY_SOCKET`.
  case systemd
  /// s6's way: a newline on descriptor 3.
  case s6
  /// A line of its output that matches a POSIX extended regular expression; it is a valid one.
  case log(pattern: String)
}
