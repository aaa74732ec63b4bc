// What readers see: the core's snapshot and the supervisor's memory, published after each batch of inputs.

import Orchestration
import Synchronization

/// Everything that is published, at one moment.
struct Published: Sendable {
  var snapshot: Snapshot
  /// By the service's index.
  var records: [ServiceRecord]
}

/// The place where it is published. Reading copies two array references under a lock that is held for nanoseconds; publishing changes the
/// touched services in place unless a reader still holds the arrays.
final class Publication: Sendable {
  private let published: Mutex<Published>

  init(_ first: Published) {
    published = Mutex(first)
  }

  func read() -> Published {
    published.withLock { $0 }
  }

  func update(_ change: (inout sending Published) -> Void) {
    published.withLock { change(&$0) }
  }
}
