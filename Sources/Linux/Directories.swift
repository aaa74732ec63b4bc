// Creates folders.

import Glibc

/// The folders of this process.
package enum Directories {
  /// Creates a folder and its parents, where they are missing, for our user alone (mode 0700).
  package static func make(_ path: String) throws(SystemError) {
    if mkdir(path, 0o700) == 0 { return }
    if errno == ENOENT, let parent = parent(of: path), parent != path {
      try make(parent)
      if mkdir(path, 0o700) == 0 { return }
    }
    let error = SystemError.last
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { throw error }
  }

  /// The folder that a path lies in; nil for a bare name.
  package static func parent(of path: String) -> String? {
    guard let slash = path.lastIndex(of: "/") else { return nil }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// The device that a folder is on; 0 if there is none.
  package static func device(of path: String) -> UInt64 {
    var status = stat()
    return stat(path, &status) == 0 ? UInt64(status.st_dev) : 0
  }
}
