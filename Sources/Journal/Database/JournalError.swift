// Errors of the journal.

import Linux

/// The reason why the journal cannot be used.
enum JournalError: Error, Equatable, CustomStringConvertible {
  /// A newer Stoker made it.
  case newer(path: String, version: Int64, known: Int64)
  /// Another program made it.
  case foreign(path: String)
  /// It is not a regular file, but a folder, a pipe or the like.
  case notAFile(path: String)
  /// Others may have placed it.
  case planted(path: String, OpenFolder.Weakness)
  /// It can be read, but not written.
  case readOnly(path: String)
  /// The file was removed or replaced while it was open.
  case gone(path: String)
  /// A system call failed.
  case system(path: String, SystemError)
  /// A call of SQLite failed.
  case database(path: String, DatabaseError)

  var isDamage: Bool {
    if case .database(_, let error) = self { error.isDamage } else { false }
  }

  var leavesConnectionUsable: Bool {
    if case .database(_, let error) = self { error.leavesConnectionUsable } else { false }
  }

  var description: String {
    switch self {
    case .newer(let path, let version, let known):
      "'\(path)' was written by a newer Stoker (format \(version), this one knows up to \(known)): left untouched; "
        + "start that Stoker again, or move the file away"
    case .foreign(let path): "'\(path)' is another program's database: left untouched; move it away, or choose another state_dir"
    case .notAFile(let path): "'\(path)' is not a regular file: move it away"
    case .planted(let path, let weakness): "'\(path)' is not a file of Stoker alone, and \(weakness): move it away"
    case .readOnly(let path): "'\(path)' can be read but not written: check its owner, its mode and how the file system is mounted"
    case .gone(let path): "'\(path)' was removed or replaced; a new one is created"
    case .system(let path, let error): "'\(path)': \(error)"
    case .database(let path, let error): "'\(path)': \(error)"
    }
  }
}
