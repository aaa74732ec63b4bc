// Attributes that a service's process gets before its exec.

/// The set-up of a service's process; nil and false: as Stoker's own.
package struct SetupSection: Sendable, Equatable {
  /// A name of the user database or a number, as the file has it; it is looked up at each start, since the database may change.
  package var user: String?
  /// A name of the group database or a number; nil: the groups of `user`, or Stoker's own.
  package var group: String?
  /// The umask, from 0 to 0o777.
  package var umask: UInt32?
  /// The nice value, from -20 to 19.
  package var nice: Int32?
  /// The adjustment of the kernel's choice when memory runs out, from -1000 to 1000.
  package var oomScoreAdjustment: Int32?
  /// Whether no exec can gain privileges.
  package var noNewPrivileges: Bool
  /// Its standard input.
  package var input: Input
  /// Whether its input and outputs are a terminal; then its input is `keepOpen`.
  package var hasTerminal: Bool
  /// The resource limits.
  package var limits: LimitsSection

  /// A set-up; without arguments none.
  package init(
    user: String? = nil, group: String? = nil, umask: UInt32? = nil, nice: Int32? = nil, oomScoreAdjustment: Int32? = nil,
    noNewPrivileges: Bool = false, input: Input = .empty, hasTerminal: Bool = false, limits: LimitsSection = LimitsSection()
  ) {
    self.user = user
    self.group = group
    self.umask = umask
    self.nice = nice
    self.oomScoreAdjustment = oomScoreAdjustment
    self.noNewPrivileges = noNewPrivileges
    self.input = input
    self.hasTerminal = hasTerminal
    self.limits = limits
  }

  /// The standard input of a process. Nobody writes there.
  package enum Input: String, Sendable, CaseIterable {
    /// At its end at once.
    case empty
    /// Never at its end.
    case keepOpen = "keep_open"
  }
}

/// Resource limits of a service; nil: no limit of its own.
package struct LimitsSection: Sendable, Equatable {
  /// `nofile`: open descriptors of a process (rlimit); at least 1.
  package var descriptors: UInt64?
  /// `core`: bytes of a core dump (rlimit); 0: none is written.
  package var core: UInt64?
  /// `memory`: bytes of the whole service (cgroup); at least a page.
  package var memory: UInt64?
  /// `tasks`: processes and threads of the whole service (cgroup); at least 1.
  package var tasks: UInt64?
  /// `cpu`: processors' worth of time for the whole service (cgroup), 0.5 for half of one.
  package var cpu: Double?

  /// Limits; without arguments none.
  package init(descriptors: UInt64? = nil, core: UInt64? = nil, memory: UInt64? = nil, tasks: UInt64? = nil, cpu: Double? = nil) {
    self.descriptors = descriptors
    self.core = core
    self.memory = memory
    self.tasks = tasks
    self.cpu = cpu
  }
}
