// Errors of opening folders and files.

import Glibc

/// Why a folder or a file was not opened.
package enum FolderError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The system refuses.
  case system(path: String, SystemError)
  /// The system refuses it to the user with whose rights it was tried, since others than root and we may write there.
  case refused(path: String, SystemError, user: UInt32, OpenFolder.Weakness)
  /// A symbolic link, in a folder in which others may place one.
  case foreignLink(path: String, OpenFolder.Weakness)
  /// A folder in which others can replace names, and in which we do not write with our own rights.
  case untrusted(path: String, OpenFolder.Weakness)
  /// A file that others placed, in a folder in which they may do that.
  case foreignFile(path: String, OpenFolder.Weakness)

  /// In words, with the path.
  package var description: String {
    if case .foreignLink = self { return "'\(path)' is \(reason)" }
    return "'\(path)': \(reason)"
  }

  /// The path that was not opened: a folder on the way, or the file itself.
  package var path: String {
    switch self {
    case .system(let path, _), .refused(let path, _, _, _), .foreignLink(let path, _), .untrusted(let path, _), .foreignFile(let path, _):
      path
    }
  }

  /// In words, for a sentence that names this path already; the path that was not opened is added if it is another.
  package func reason(at path: String) -> String { path == self.path ? reason : description }

  private var reason: String {
    switch self {
    case .system(_, let error): "\(error)"
    case .refused(_, let error, let user, let weakness): "\(error) with the rights of user \(user), which are used since \(weakness)"
    case .foreignLink(_, let weakness): "a symbolic link, which is not followed since \(weakness)"
    case .untrusted(_, let weakness):
      "root does not write there since \(weakness): let root own it and nobody else write it (chown, chmod), name another path, or give the"
        + " service a 'user' that may write it"
    case .foreignFile(_, let weakness):
      "not a file of root, of Stoker or of the service's user alone, and root does not write into it since \(weakness)"
    }
  }

  /// The errno: ELOOP for a link that is not followed, EPERM for what is not trusted.
  package var errno: Int32 {
    switch self {
    case .system(_, let error), .refused(_, let error, _, _): error.errno
    case .foreignLink: ELOOP
    case .untrusted, .foreignFile: EPERM
    }
  }
}
