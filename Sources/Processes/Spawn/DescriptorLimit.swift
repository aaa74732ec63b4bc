// RLIMIT_NOFILE: raised for this process, restored for children.

import CLinux
import Glibc
import Linux

/// The number of descriptors that a process may have open (rule 32).
package struct DescriptorLimit: Hashable, Sendable {
  /// The soft limit, which is in force.
  package var soft: UInt64
  /// The hard limit, up to which an unprivileged process may raise the soft one.
  package var hard: UInt64
  /// Whether a child gets less where the hard limit of this process is lower by then: somebody may lower it at any time, and a spawn that
  /// only restores a limit must not fail for that.
  package var isUpperBound = false

  /// Makes a limit.
  package init(soft: UInt64, hard: UInt64) {
    self.soft = soft
    self.hard = hard
  }

  /// The limit of this process.
  package static func current() throws(SystemError) -> DescriptorLimit {
    var soft: UInt64 = 0
    var hard: UInt64 = 0
    try system { clinux_descriptor_limit(0, &soft, &hard) }
    return DescriptorLimit(soft: soft, hard: hard)
  }

  /// Raises the soft limit of this process to its hard one. Returns the limit from before, for children
  /// (`ProcessSetup.descriptorLimit`).
  @discardableResult
  package static func raise() throws(SystemError) -> DescriptorLimit {
    var original = try current()
    original.isUpperBound = true
    guard original.soft < original.hard else { return original }
    var raised = rlimit(rlim_cur: rlim_t(original.hard), rlim_max: rlim_t(original.hard))
    try system { setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &raised) }
    return original
  }
}
