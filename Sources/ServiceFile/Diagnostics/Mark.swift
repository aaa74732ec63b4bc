// Places in the file.

/// A place in a file. Line and column count from 1.
struct Mark: Hashable, Comparable {
  var line: Int
  var column: Int
  /// The number of the file in `ReadingContext.files`: 0 is the service file, the others are included.
  var file = 0

  static func < (left: Mark, right: Mark) -> Bool {
    (left.file, left.line, left.column) < (right.file, right.line, right.column)
  }
}
