// The set-up of a process, looked at before there is one.

import Glibc

/// The faults that this machine shows before a start.
package enum SetupOutlook {
  /// Why a start would fail now: the user or the group is unknown, or the directory is missing. Blocks as long as the user database does.
  package static func faults(user: String?, group: String?, directory: String) -> [SpawnError] {
    var faults: [SpawnError] = []
    do throws(SpawnError) {
      _ = try Account(user: user, group: group)
    } catch {
      faults.append(error)
    }
    var status = stat()
    let isThere = stat(directory, &status) == 0
    let code = isThere ? status.st_mode & S_IFMT == S_IFDIR ? 0 : ENOTDIR : errno
    if code == ENOENT || code == ENOTDIR { faults.append(SpawnError(step: .directory, errno: code, subject: directory)) }
    return faults
  }
}
