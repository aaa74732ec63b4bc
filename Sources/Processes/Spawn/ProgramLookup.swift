// Finds a program in the PATH of its process.

import Glibc

/// Looks programs up as a shell in the child would, before the child exists.
enum ProgramLookup {
  /// The search path of execvp without a PATH.
  static let defaultPath = "/bin:/usr/bin"

  /// The paths for execve to try in turn. A name with a slash stays as it is; execve resolves it from
  /// `directory`.
  ///
  /// - Parameter isForeign: whether another user executes the program. The first match may be barred to that
  ///   user; then there may be several.
  static func paths(of program: String, environment: [String], directory: String, isForeign: Bool) throws(SpawnError) -> [String] {
    guard !program.isEmpty else {
      throw SpawnError(step: .lookup, errno: ENOENT, subject: program, hint: "the program's name is empty")
    }
    if program.utf8.contains(UInt8(ascii: "/")) { return [program] }

    // The last of several is the one that a shell would use.
    let variable = environment.last { $0.hasPrefix("PATH=") }
    let path = variable.map { String($0.dropFirst("PATH=".count)) } ?? defaultPath
    var refused: Int32?
    var found: [String] = []
    for folder in path.split(separator: ":", omittingEmptySubsequences: false) {
      // An empty entry means the present folder.
      let candidate = folder.isEmpty ? "./\(program)" : "\(folder)/\(program)"
      let seen = candidate.hasPrefix("/") ? candidate : "\(directory)/\(candidate)"
      switch check(seen) {
      case 0:
        found.append(candidate)
        if !isForeign { return found }
      case EACCES: refused = EACCES
      default: continue
      }
    }
    if !found.isEmpty { return found }
    throw SpawnError(step: .lookup, errno: refused ?? ENOENT, subject: program, hint: "searched PATH=\(path)")
  }

  /// 0 for an executable file, otherwise the errno with the reason.
  private static func check(_ path: String) -> Int32 {
    var status = stat()
    guard stat(path, &status) == 0 else { return errno }
    guard status.st_mode & S_IFMT == S_IFREG else { return EACCES }
    return faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0 ? 0 : errno
  }
}
