// Folders by their paths.

import Glibc

/// The folders of this process.
package enum Directories {
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
