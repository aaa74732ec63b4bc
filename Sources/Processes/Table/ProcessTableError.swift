// Errors of making a process table.

import Linux

/// Why a process table could not be made.
package enum ProcessTableError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The system refused a descriptor, a thread, or /proc.
  case setup(SystemError)
  /// Orphaned descendants cannot be made our children.
  case subreaper(SystemError)

  /// In a sentence.
  package var description: String {
    switch self {
    case .setup(let error): "the process table cannot be set up: \(error)"
    case .subreaper(let error): "cannot become the parent of orphaned processes (PR_SET_CHILD_SUBREAPER): \(error)"
    }
  }
}
