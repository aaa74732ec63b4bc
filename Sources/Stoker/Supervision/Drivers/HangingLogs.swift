// The logs whose disk does not answer.

import ServiceLogs
import Synchronization

/// The logs whose disk does not answer now, by what the collector reports.
final class HangingLogs: Sendable {
  private let hanging = Mutex<Set<String>>([])

  /// The paths, in order.
  var paths: [String] { hanging.withLock { $0.sorted() } }

  func note(_ trouble: LogTrouble) {
    switch trouble {
    case .hanging(let path): hanging.withLock { _ = $0.insert(path) }
    case .answering(let path): hanging.withLock { _ = $0.remove(path) }
    case .unwritable, .writable, .unnamed, .discarded, .growing: break
    }
  }
}
