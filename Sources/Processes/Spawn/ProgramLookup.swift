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
  static func paths(of program: String, environment: [EnvironmentVariable], directory: String, isForeign: Bool) throws(SpawnError)
    -> [[UInt8]]
  {
    guard !program.isEmpty else {
      throw SpawnError(step: .lookup, errno: ENOENT, subject: program, hint: "the program's name is empty")
    }
    let slash = UInt8(ascii: "/")
    if program.utf8.contains(slash) { return [Array(program.utf8)] }

    let path = environment.value(of: "PATH") ?? Array(defaultPath.utf8)[...]
    var refused: Int32?
    var found: [[UInt8]] = []
    for folder in path.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false) {
      // An empty entry means the present folder.
      let candidate = (folder.isEmpty ? [UInt8(ascii: ".")] : Array(folder)) + [slash] + program.utf8
      let seen = candidate.first == slash ? candidate : Array(directory.utf8) + [slash] + candidate
      switch check(seen) {
      case 0:
        found.append(candidate)
        if !isForeign { return found }
      case EACCES: refused = EACCES
      default: continue
      }
    }
    if !found.isEmpty { return found }
    throw SpawnError(
      step: .lookup, errno: refused ?? ENOENT, subject: program, hint: "searched PATH=\(String(decoding: path, as: UTF8.self))")
  }

  /// 0 for an executable file, otherwise the errno with the reason.
  private static func check(_ path: [UInt8]) -> Int32 {
    (path + [0]).withUnsafeBufferPointer { bytes in
      bytes.withMemoryRebound(to: CChar.self) { text in
        guard let text = text.baseAddress else { return EINVAL }
        var status = stat()
        guard stat(text, &status) == 0 else { return errno }
        guard status.st_mode & S_IFMT == S_IFREG else { return EACCES }
        return faccessat(AT_FDCWD, text, X_OK, AT_EACCESS) == 0 ? 0 : errno
      }
    }
  }
}
