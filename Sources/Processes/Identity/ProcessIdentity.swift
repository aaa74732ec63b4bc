// What tells one process from any other that ever had the same pid.

/// A process: its pid, and when it began, since pids are used anew.
package struct ProcessIdentity: Hashable, Sendable {
  /// The process id.
  package var pid: Int32
  /// When it began, in clock ticks since boot (field 22 of `/proc/PID/stat`).
  package var startTime: UInt64

  /// Names a process.
  package init(pid: Int32, startTime: UInt64) {
    self.pid = pid
    self.startTime = startTime
  }
}
