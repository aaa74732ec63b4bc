// Finding a program in the PATH that its process will have.

import Glibc

/// Looks programs up as a shell in the child would, before there is a child.
enum ProgramLookup {
  /// What execvp searches where there is no PATH.
  static let defaultPath = "/bin:/usr/bin"

  /// The paths to give to execve, the first that it takes. A name with a slash is left as it is; execve counts it from `directory`.
  ///
  /// - Parameter isForeign: whether another user is to execute it, to whom what we find first may be barred; then there may be several.
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
      // An empty folder is the present one.
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

  /// 0 for an executable file, otherwise the errno that says why not.
  private static func check(_ path: String) -> Int32 {
    var status = stat()
    guard stat(path, &status) == 0 else { return errno }
    guard status.st_mode & S_IFMT == S_IFREG else { return EACCES }
    return faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0 ? 0 : errno
  }
}
