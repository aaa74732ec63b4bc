// The settings of a file check.

/// A file (or anything else at that path, links followed) that must exist and, if asked, have been touched lately.
package struct FileProbe: Sendable, Equatable {
  /// Absolute, or relative to Stoker's own directory.
  package var path: String
  /// The longest time ago, by the wall clock, that it may have been modified; nil = existing is enough.
  /// A time in the future is fresh: clocks are set back.
  package var maxAge: Duration?

  /// A check of the file at this path.
  package init(path: String, maxAge: Duration? = nil) {
    self.path = path
    self.maxAge = maxAge
  }
}
