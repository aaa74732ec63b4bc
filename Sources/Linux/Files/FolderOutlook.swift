// A folder that is still to be made: whether it can be.

import Glibc

package enum FolderOutlook {
  /// Why this process could not write in a folder, or not make it where it is missing; nil if it could. Makes nothing.
  package static func fault(of path: String) -> String? {
    var place = path
    var status = stat()
    while stat(place, &status) != 0 {
      guard errno == ENOENT, place != "/", let slash = place.lastIndex(of: "/") else { return "'\(place)': \(SystemError.last)" }
      place = slash == place.startIndex ? "/" : String(place[..<slash])
    }
    guard status.st_mode & S_IFMT == S_IFDIR else { return "'\(place)' is no folder" }
    guard faccessat(AT_FDCWD, place, W_OK | X_OK, AT_EACCESS) != 0 else { return nil }
    let error = SystemError.last
    return place == path ? "'\(place)' cannot be written: \(error)" : "it is missing, and '\(place)' cannot be written: \(error)"
  }
}
