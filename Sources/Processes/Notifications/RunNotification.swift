// Notifications that a program sends about itself.

/// A notification of a program about itself (sd_notify, or descriptor 3 of s6).
package enum RunNotification: Hashable, Sendable {
  /// The start is done.
  case ready
  /// The program reloads its configuration; `ready` follows.
  case reloading
  /// The program is about to end.
  case stopping
  /// The program lives.
  case watchdog
  /// The program asks to be treated as if its heartbeat were late.
  case watchdogTrigger
  /// A status text for people.
  case status(String)
  /// The errno of a failure.
  case errno(Int32)
  /// The program needs so much more time from now on, to start or to stop.
  case extendTimeout(Duration)
  /// This process of the run is the main process from now on (`MAINPID`).
  case mainProcess(ProcessIdentity)
}
