// What a process is given of its own.

/// What a process is given that is not ours. What is nil stays as it is here.
package struct ProcessSetup: Hashable, Sendable {
  /// Whose it is: a name, or a number. Looked up at each start, with its groups, since both may change. The program is then given the
  /// variables `userVariables`, unless the request has them.
  package var user: String?
  /// Its group: a name, or a number; nil: the user's own.
  package var group: String?
  /// The permissions that files it makes do not get.
  package var umask: UInt32?
  /// How many descriptors it may have open.
  package var descriptorLimit: DescriptorLimit?
  /// How large a core it may dump, in bytes.
  package var coreLimit: UInt64?
  /// How nice it is to other processes, -20 to 19.
  package var nice: Int?
  /// How likely the kernel is to kill it when memory has run out, -1000 to 1000.
  package var oomScoreAdjustment: Int?
  /// Whether it and its children can never gain privileges by executing a program.
  package var noNewPrivileges: Bool

  /// The variables that say who a process' user is. Those that were inherited from a supervisor of another user are best left out.
  package static let userVariables = ["HOME", "LOGNAME", "SHELL", "USER"]

  /// Describes it.
  package init(
    user: String? = nil, group: String? = nil, umask: UInt32? = nil, descriptorLimit: DescriptorLimit? = nil, coreLimit: UInt64? = nil,
    nice: Int? = nil, oomScoreAdjustment: Int? = nil, noNewPrivileges: Bool = false
  ) {
    self.user = user
    self.group = group
    self.umask = umask
    self.descriptorLimit = descriptorLimit
    self.coreLimit = coreLimit
    self.nice = nice
    self.oomScoreAdjustment = oomScoreAdjustment
    self.noNewPrivileges = noNewPrivileges
  }
}
