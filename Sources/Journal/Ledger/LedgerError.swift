// Errors of the ledger.

import Linux

/// The reason why there is no ledger.
package enum LedgerError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The state directory cannot be found.
  case noDirectory(path: String, SystemError)
  /// The boot of the machine cannot be identified.
  case noBootID
  /// Shared memory is not available: the failed step, and its error.
  case unavailable(step: String, SystemError)
  /// Shared memory of that name belongs to another user, or others may open it.
  case notOurs(name: String)
  /// A service's name has more than 63 bytes.
  case nameTooLong(String)

  /// The error as a sentence.
  package var description: String {
    switch self {
    case .noDirectory(let path, let error): "the state directory '\(path)': \(error)"
    case .noBootID: "/proc/sys/kernel/random/boot_id cannot be read"
    case .unavailable(let step, let error):
      "shared memory (\(step)): \(error); see that /dev/shm is there, writable and has room"
    case .notOurs(let name): "the shared memory '/dev/shm\(name)' is not this user's alone: remove it"
    case .nameTooLong(let name): "the name '\(name)' has more than 63 bytes"
    }
  }
}
