// What a process says of itself.

/// What a process says of itself (sd_notify(3); a newline on its descriptor; a line of its output).
package enum Notification: Sendable, Equatable {
  /// Its start is done.
  case ready
  /// It lives: the watchdog begins anew.
  case alive
  /// It asks to be treated as if its watchdog had heard nothing.
  case stuck
  /// What is under way, its start or its stop, may take this much longer, from now on.
  case extendTimeout(Duration)
}
