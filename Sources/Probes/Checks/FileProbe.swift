// The settings of a file check.

/// A file (or anything else at that path, links followed) that must exist and, if asked, have been modified lately.
package struct FileProbe: Sendable, Equatable {
  /// The path, absolute or relative to Stoker's own directory.
  package var path: String
  /// The longest time since the last modification, by the wall clock; nil = existence is enough.
  /// A time in the future is fresh: clocks are set back.
  package var maxAge: Duration?

  /// A check of the file at this path.
  package init(path: String, maxAge: Duration? = nil) {
    self.path = path
    self.maxAge = maxAge
  }
}
