// The settings that readers find.

/// A place in a file of another tool.
package struct Place: Sendable, Hashable {
  package var file: String
  package var line: Int

  package init(file: String, line: Int) { (self.file, self.line) = (file, line) }
}

/// One setting of a file of another tool.
struct Setting: Sendable, Hashable {
  /// Its name, as that tool writes it, with those of the sections in it.
  var name: String
  /// Its value, as it is written; one line for each line.
  var value: String
  var place: Place
}
