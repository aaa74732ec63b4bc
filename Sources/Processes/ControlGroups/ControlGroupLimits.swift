// What a cgroup may use.

/// What all processes of a cgroup together may use. What is nil is not limited.
package struct ControlGroupLimits: Hashable, Sendable {
  /// Memory in bytes. When it is used up and none can be got back, the kernel kills everything in the cgroup.
  package var memory: UInt64?
  /// Processes and threads.
  package var tasks: UInt64?
  /// Processors: 0.5 is half of the time of one.
  package var cpu: Double?

  /// Names limits.
  package init(memory: UInt64? = nil, tasks: UInt64? = nil, cpu: Double? = nil) {
    self.memory = memory
    self.tasks = tasks
    self.cpu = cpu
  }

  /// What has to be there for these limits.
  package var controllers: [ControlGroups.Controller] {
    (memory == nil ? [] : [.memory]) + (tasks == nil ? [] : [.tasks]) + (cpu == nil ? [] : [.cpu])
  }
}

/// A limit that could not be set, and why.
package struct ControlGroupRefusal: Hashable, Sendable, CustomStringConvertible {
  /// Which.
  package var limit: ControlGroups.Controller
  /// Why, in words.
  package var reason: String

  /// Names one.
  package init(limit: ControlGroups.Controller, reason: String) {
    self.limit = limit
    self.reason = reason
  }

  /// Like "limits.memory is not in force: …".
  package var description: String { "limits.\(limit.limit) is not in force: \(reason)" }
}
