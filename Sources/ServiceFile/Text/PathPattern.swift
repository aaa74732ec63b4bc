// Patterns of paths, as in `conf.d/*.yaml`.

import Glibc
import Linux

enum PathPattern {
  /// Whether a path is a pattern.
  static func isPattern(_ path: String) -> Bool { path.utf8.contains { "*?[".utf8.contains($0) } }

  /// A path of which every character means itself.
  static func literal(_ path: String) -> String {
    String(path.flatMap { "*?[]\\".contains($0) ? ["\\", $0] : [$0] })
  }

  /// A folder that could not be read, or a name that is no text.
  enum Failure: Error, CustomStringConvertible {
    case unreadable(SystemError)
    case name

    var description: String {
      switch self {
      case .unreadable(let error): "\(error)"
      case .name: "a file's name is not valid UTF-8"
      }
    }
  }

  /// The absolute paths that match, in the order of their bytes; none where the folder is missing. May wait for a disk.
  static func files(_ pattern: String) throws(Failure) -> [String] {
    var found = glob_t()
    defer { globfree(&found) }
    errno = 0
    let result = glob(pattern, GLOB_ERR | GLOB_NOSORT, nil, &found)
    let failure = errno
    if result == GLOB_NOMATCH { return [] }
    guard result == 0 else {
      if result == GLOB_ABORTED, failure == ENOENT || failure == ENOTDIR { return [] }
      throw .unreadable(SystemError(errno: result == GLOB_NOSPACE ? ENOMEM : failure))
    }
    var paths: [String] = []
    for index in 0..<Int(found.gl_pathc) {
      guard let name = found.gl_pathv[index], let path = String(validatingCString: name) else { throw .name }
      paths.append(FilePath.absolute(path, from: "/"))
    }
    return paths.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }
}
