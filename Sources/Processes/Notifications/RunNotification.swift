// What a program says of itself.

/// What a program says of itself (sd_notify, or descriptor 3 of s6).
package enum RunNotification: Hashable, Sendable {
  /// Its start is done.
  case ready
  /// It reads its configuration anew; `ready` follows.
  case reloading
  /// It is about to end.
  case stopping
  /// It lives.
  case watchdog
  /// It is to be treated as if it had not said in time that it lives.
  case watchdogTrigger
  /// What it does, in words for people.
  case status(String)
  /// What it fails of: an errno.
  case errno(Int32)
  /// It needs so much time from now for what it is doing, starting or stopping.
  case extendTimeout(Duration)
  /// This process of the run is from now on the one whose end counts (`MAINPID`).
  case mainProcess(ProcessIdentity)
}
