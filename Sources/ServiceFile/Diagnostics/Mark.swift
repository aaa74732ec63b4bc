// Places in the file.

/// A place in the file. Line and column count from 1.
struct Mark: Hashable, Comparable {
  var line: Int
  var column: Int

  static func < (left: Mark, right: Mark) -> Bool {
    (left.line, left.column) < (right.line, right.column)
  }
}
