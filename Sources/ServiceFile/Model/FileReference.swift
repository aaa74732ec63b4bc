// A file that a service file names, and that may be missing where the name says so.

/// A path, as `/etc/web.env` or, where the file may be missing, `-/etc/web.env`.
package struct FileReference: Sendable, Hashable {
  /// The absolute path.
  package var path: String
  /// Whether it may be missing.
  package var isOptional: Bool

  /// A file.
  package init(path: String, isOptional: Bool = false) {
    self.path = path
    self.isOptional = isOptional
  }
}
