// The resource usage of a process.

import CLinux

/// The usage of a process and the children it waited for.
package struct ResourceUsage: Hashable, Sendable {
  /// Processor time in programs.
  package var userSeconds: Double
  /// Processor time in the kernel.
  package var systemSeconds: Double

  /// Makes a usage.
  package init(userSeconds: Double = 0, systemSeconds: Double = 0) {
    self.userSeconds = userSeconds
    self.systemSeconds = systemSeconds
  }

  init(_ exit: clinux_exit) {
    self.init(userSeconds: Double(exit.user_microseconds) / 1e6, systemSeconds: Double(exit.system_microseconds) / 1e6)
  }
}
