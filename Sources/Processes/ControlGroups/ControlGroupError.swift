// Errors of creating cgroups for services.

import Linux

/// Why services cannot have cgroups of their own.
package enum ControlGroupError: Error, Hashable, Sendable, CustomStringConvertible {
  /// There is no file system of cgroups of version 2, or this process is not in its visible part.
  case notMounted
  /// A cgroup cannot be created.
  case unwritable(path: String, SystemError)
  /// Another user can put processes into a cgroup of that name.
  case foreign(path: String)
  /// This process cannot be moved into its own cgroup.
  case immovable(path: String, SystemError)

  /// In a sentence.
  package var description: String {
    switch self {
    case .notMounted:
      "services get no cgroups: no cgroup file system of version 2 is mounted where this process could see its own place in it"
    case .unwritable(let path, let error):
      "services get no cgroups: '\(path)' cannot be made: \(error); run as root, or as a systemd unit with Delegate=yes"
    case .foreign(let path):
      "services get no cgroups: '\(path)' can be written by another user; remove it (rmdir), or run Stoker in a cgroup of its own"
    case .immovable(let path, let error):
      "services get no cgroups: cannot move into '\(path)': \(error); run as root, or as a systemd unit with Delegate=yes"
    }
  }
}
