// Files opened with the rights of another user.

import CLinux
import Glibc

/// The ids of a user, for access to files on behalf of that user.
package struct FileRights: Hashable, Sendable {
  package let user: uid_t
  package let group: gid_t
  package let groups: [gid_t]

  package init(user: uid_t, group: gid_t, groups: [gid_t]) {
    self.user = user
    self.group = group
    self.groups = groups
  }

  /// Makes system calls for files with these rights, or with ours where there are none. They hold for this thread, during the call.
  package static func acting<Result>(
    as rights: FileRights?, _ body: () throws(SystemError) -> Result
  ) throws(SystemError) -> Result {
    guard let rights else { return try body() }
    var own = clinux_rights()
    try system { clinux_rights_take(&own, rights.user, rights.group, rights.groups, rights.groups.count) }
    defer { clinux_rights_restore(&own) }
    return try body()
  }
}
