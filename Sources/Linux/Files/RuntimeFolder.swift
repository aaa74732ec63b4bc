// The folder of names that exist as long as a Stoker runs.

import Glibc

/// The folder for the lock and the notification sockets of a running Stoker, outside its state directory: it is not lost with that
/// directory, services of other users can reach it, and its paths are short.
package enum RuntimeFolder {
  /// Opens the folder of a state directory, and makes it (mode 0711).
  ///
  /// As root it is in `/run/stoker`, for other users in `$XDG_RUNTIME_DIR/stoker`; elsewhere another user could take its name.
  /// - Parameters:
  ///   - stateDirectory: The state directory, which must exist.
  ///   - runtimeDirectory: The value of `XDG_RUNTIME_DIR`.
  /// - Returns: nil where there is no such place.
  package static func open(stateDirectory: String, runtimeDirectory: String? = userDirectory) -> OpenFolder? {
    guard let resolved = realpath(stateDirectory, nil) else { return nil }
    defer { free(resolved) }
    return open(named: String(cString: resolved), runtimeDirectory: runtimeDirectory)
  }

  /// Opens the folder of a state directory by one of its names, whatever has this name now.
  package static func open(named name: String, runtimeDirectory: String? = userDirectory) -> OpenFolder? {
    guard let base = base(runtimeDirectory) else { return nil }
    let path = "\(base)/\(StableHash.text(of: name))"
    // Services of other users pass through, and see no names.
    for folder in [base, path] where mkdir(folder, 0o711) == 0 { chmod(folder, 0o711) }
    guard let folder = try? OpenFolder(path), folder.weakness == nil else { return nil }
    return folder
  }

  /// The value of `XDG_RUNTIME_DIR`.
  package static var userDirectory: String? { getenv("XDG_RUNTIME_DIR").map { String(cString: $0) } }

  private static func base(_ runtimeDirectory: String?) -> String? {
    if geteuid() == 0 { return "/run/stoker" }
    guard let runtimeDirectory, runtimeDirectory.hasPrefix("/") else { return nil }
    return "\(runtimeDirectory)/stoker"
  }
}
