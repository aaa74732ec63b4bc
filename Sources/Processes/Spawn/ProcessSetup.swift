// The properties of a process that differ from ours.

import Linux

/// The properties of a process that differ from ours. Those that are nil stay as they are here.
package struct ProcessSetup: Hashable, Sendable {
  /// The user: a name, or a number. Looked up at each start, with its groups, since both may change. The
  /// program also gets the variables `userVariables`, unless the request has them.
  package var user: String?
  /// The group: a name, or a number; nil: the user's own.
  package var group: String?
  /// The umask: permissions that new files do not get.
  package var umask: UInt32?
  /// The limit of open descriptors.
  package var descriptorLimit: DescriptorLimit?
  /// The limit of a core file, in bytes.
  package var coreLimit: UInt64?
  /// The niceness, -20 to 19.
  package var nice: Int?
  /// The adjustment of its chance to be killed when memory has run out, -1000 to 1000.
  package var oomScoreAdjustment: Int?
  /// Whether it and its children can never gain privileges by executing a program.
  package var noNewPrivileges: Bool

  /// The variables of a process' user. Those inherited from a supervisor of another user are best left out.
  package static let userVariables = ["HOME", "LOGNAME", "SHELL", "USER"]

  /// The ids of the user for files that are opened on its behalf; nil if they are ours, or cannot be looked up.
  package var fileRights: FileRights? { user == nil ? nil : (try? Account(user: user, group: group))?.rights }

  /// Makes a setup.
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
