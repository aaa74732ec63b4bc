// Faults of a service file with their places: the only errors of this module.

/// One fault of a service file at its place.
package struct Diagnostic: Sendable, Equatable, CustomStringConvertible {
  /// The file as the user named it.
  package var file: String
  /// Counted from 1; 0 for a fault of the whole file (it cannot be read).
  package var line: Int
  /// Counted from 1, in characters; 0 for a fault of the whole file.
  package var column: Int
  /// The fault and, where it is known, the text to write instead. Never holds an environment variable's value.
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

/// All faults of a service file at once.
package struct ServiceFileError: Error, Equatable, CustomStringConvertible {
  /// In the file's order; never empty.
  package var diagnostics: [Diagnostic]

  /// An error of these faults.
  package init(diagnostics: [Diagnostic]) {
    self.diagnostics = diagnostics
  }

  /// One fault of a whole file.
  static func whole(_ file: String, _ message: String) -> ServiceFileError {
    ServiceFileError(diagnostics: [Diagnostic(file: file, line: 0, column: 0, message: message)])
  }

  /// One line for each fault.
  package var description: String {
    diagnostics.map(\.description).joined(separator: "\n")
  }
}
