// Errors of keeping output.

import Linux

/// Why the output of a service cannot be kept.
package enum LogError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The directory of the file cannot be created.
  case directory(path: String, FolderError)
  /// The file of a direct log cannot be opened.
  case file(path: String, FolderError)
  /// No pipe can be created.
  case pipe(SystemError)
  /// The collector was shut down.
  case closed

  /// In a sentence.
  package var description: String {
    switch self {
    case .directory(let path, let error): "cannot create the log directory '\(path)': \(error.reason(at: path))"
    case .file(let path, let error): "cannot open the log '\(path)': \(error.reason(at: path))"
    case .pipe(let error): "cannot create a pipe for the output: \(error)"
    case .closed: "the log collector has been shut down"
    }
  }
}
