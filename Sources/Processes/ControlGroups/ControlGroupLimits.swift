// The limits of a cgroup.

/// The limits for all processes of a cgroup together; nil: not limited.
package struct ControlGroupLimits: Hashable, Sendable {
  /// Memory in bytes. When it is used up and nothing can be reclaimed, the kernel kills all processes in the
  /// cgroup.
  package var memory: UInt64?
  /// Processes and threads.
  package var tasks: UInt64?
  /// Processors: 0.5 is half of the time of one.
  package var cpu: Double?

  /// Makes limits.
  package init(memory: UInt64? = nil, tasks: UInt64? = nil, cpu: Double? = nil) {
    self.memory = memory
    self.tasks = tasks
    self.cpu = cpu
  }

  /// The controllers that these limits need.
  package var controllers: [ControlGroups.Controller] {
    (memory == nil ? [] : [.memory]) + (tasks == nil ? [] : [.tasks]) + (cpu == nil ? [] : [.cpu])
  }
}

/// A limit that could not be set, with its reason.
package struct ControlGroupRefusal: Hashable, Sendable, CustomStringConvertible {
  /// The limit.
  package var limit: ControlGroups.Controller
  /// The reason, in words.
  package var reason: String

  /// Makes a refusal.
  package init(limit: ControlGroups.Controller, reason: String) {
    self.limit = limit
    self.reason = reason
  }

  /// Text like "limits.memory is not in force: …".
  package var description: String { "limits.\(limit.limit) is not in force: \(reason)" }
}
