// A file that is read for a service file: itself, or an included one.

/// A file with its names.
struct SourceFile: Sendable {
  /// The name in messages.
  let shown: String
  /// The absolute path.
  let path: String
  /// The folder, from which relative paths are taken.
  var directory: String { FilePath.parent(of: path) }

  init(shown: String, path: String) {
    self.shown = shown
    self.path = path
  }

  /// A file that this one names, shown in the way of this one.
  init(_ path: String, namedBy other: SourceFile) {
    let folder = other.directory == "/" ? "/" : other.directory + "/"
    let isBelow = path.hasPrefix(folder)
    let shownFolder = other.shown.lastIndex(of: "/").map { String(other.shown[...$0]) } ?? ""
    self.init(shown: isBelow ? shownFolder + path.dropFirst(folder.count) : path, path: path)
  }
}
