// How a service reports that its start is done.

/// How a service reports that it is ready.
package enum ReadinessSource: Sendable, Equatable {
  /// sd_notify: `READY=1` on `$NOTIFY_SOCKET`.
  case systemd
  /// s6: a newline on descriptor 3.
  case s6
  /// A line of its output that matches a POSIX extended regular expression, which is known to be valid.
  case log(pattern: String)
}
