// Why there is no ledger.

/// Why counters cannot be kept over the sudden end of Stoker.
package enum LedgerError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The state directory cannot be found.
  case noDirectory(path: String, errno: Int32)
  /// Which boot of the machine this is cannot be learnt.
  case noBootID
  /// Shared memory cannot be had: what failed.
  case unavailable(step: String, errno: Int32)
  /// A piece of shared memory of that name is somebody else's.
  case notOurs(name: String)
  /// A service's name has more than 63 bytes.
  case nameTooLong(String)

  /// In a sentence.
  package var description: String {
    switch self {
    case .noDirectory(let path, let errno): "the state directory '\(path)': \(DatabaseError.words(of: errno))"
    case .noBootID: "/proc/sys/kernel/random/boot_id cannot be read"
    case .unavailable(let step, let errno):
      "shared memory (\(step)): \(DatabaseError.words(of: errno)); see that /dev/shm is there, writable and has room"
    case .notOurs(let name): "the shared memory '/dev/shm\(name)' is not this user's alone: remove it"
    case .nameTooLong(let name): "the name '\(name)' has more than 63 bytes"
    }
  }
}
