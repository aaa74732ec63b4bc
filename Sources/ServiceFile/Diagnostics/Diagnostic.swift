// What is wrong with a service file, and where: the only errors this room knows.

/// One fault of a service file at its place.
package struct Diagnostic: Sendable, Equatable, CustomStringConvertible {
  /// The file as the user named it.
  package var file: String
  /// Counted from 1; 0 where the fault is the file's as a whole (it cannot be read).
  package var line: Int
  /// Counted from 1, in characters; 0 where the fault is the file's as a whole.
  package var column: Int
  /// What is wrong and, where that can be said, what to write instead. Never holds an environment variable's value.
  package var message: String

  /// A fault at a place.
  package init(file: String, line: Int, column: Int, message: String) {
    self.file = file
    self.line = line
    self.column = column
    self.message = message
  }

  /// `FILE:LINE:COLUMN: message`, or `FILE: message`.
  package var description: String {
    line > 0 ? "\(file):\(line):\(column): \(message)" : "\(file): \(message)"
  }
}

/// Everything that is wrong with a service file, at once.
package struct ServiceFileError: Error, Equatable, CustomStringConvertible {
  /// In the file's order; never empty.
  package var diagnostics: [Diagnostic]

  /// An error of these faults.
  package init(diagnostics: [Diagnostic]) {
    self.diagnostics = diagnostics
  }

  /// One fault a line.
  package var description: String {
    diagnostics.map(\.description).joined(separator: "\n")
  }
}
