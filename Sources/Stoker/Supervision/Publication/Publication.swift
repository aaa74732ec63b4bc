// What readers see: the core's snapshot and the supervisor's memory, published after each batch of inputs.

import Orchestration
import Synchronization

/// Everything that is published, at one moment. All arrays go by the service's index, which a reload may change: whoever reads takes
/// one of these and stays with it.
struct Published: Sendable {
  var snapshot: Snapshot
  var services: [Service]
  var records: [ServiceRecord]
  /// Counts the service files: another number, other services.
  var generation = 0
  var file = FileStatus()

  var graph: DependencyGraph { snapshot.graph }

  func name(_ id: ServiceID) -> String {
    services[id.index].name
  }

  /// How the last reading of the service file went.
  struct FileStatus: Sendable {
    var isRight = true
    /// When it was last read and found right.
    var readAt = Timestamp.now
    /// How long the dependency graph took to resolve.
    var resolution = Duration.zero
  }
}

/// The place where it is published. Reading copies a few array references under a lock that is held for nanoseconds; publishing changes the
/// touched services in place unless a reader still holds the arrays.
final class Publication: Sendable {
  private let published: Mutex<Published>
  /// Since when a batch of inputs is being handled whose outcome is not published yet, in nanoseconds; 0: there is none.
  private let busySince = Atomic<Int64>(0)

  init(_ first: Published) {
    published = Mutex(first)
  }

  func read() -> Published {
    published.withLock { $0 }
  }

  /// A batch of inputs is about to be handled: what happens in it is no earlier than this.
  func begin(at now: Instant) {
    busySince.store(now.nanoseconds, ordering: .sequentiallyConsistent)
  }

  /// What has happened is published.
  func end() {
    busySince.store(0, ordering: .sequentiallyConsistent)
  }

  /// The state, and the moment up to which it is true: what has happened since may not be published yet.
  func readWithTime(_ clock: SupervisorClock) -> (Published, Instant) {
    let now = clock.now
    let busy = busySince.load(ordering: .sequentiallyConsistent)
    return (read(), busy == 0 ? now : min(now, Instant(nanoseconds: busy)))
  }

  func update(_ change: (inout sending Published) -> Void) {
    published.withLock { change(&$0) }
  }
}
