// The identity of a process, which a pid alone is not: pids are reused.

/// A process: its pid and its start time, since pids are reused.
package struct ProcessIdentity: Hashable, Sendable {
  /// The process id.
  package var pid: Int32
  /// The start time, in clock ticks since boot (field 22 of `/proc/PID/stat`).
  package var startTime: UInt64

  /// Makes an identity.
  package init(pid: Int32, startTime: UInt64) {
    self.pid = pid
    self.startTime = startTime
  }
}
