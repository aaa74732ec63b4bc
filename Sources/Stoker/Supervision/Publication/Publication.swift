// The published state: the core's snapshot and the supervisor's records, replaced after each batch of inputs.

import Orchestration
import ServiceFile
import Synchronization

/// The published state of one moment. All arrays are indexed by the service's index, which a reload may change: a reader takes one
/// value and uses only that.
struct Published: Sendable {
  var snapshot: Snapshot
  var services: [Service]
  var records: [ServiceRecord]
  /// Counts the service files: another number means other services.
  var generation = 0
  var file = FileStatus()
  /// The services whose checks cannot be made, for lack of descriptors.
  var unchecked: Set<String> = []

  var graph: DependencyGraph { snapshot.graph }

  func name(_ id: ServiceID) -> String {
    services[id.index].name
  }

  /// The result of the last reading of the service file.
  struct FileStatus: Sendable {
    var isRight: Bool { problems.isEmpty }
    /// Why the last reload was refused; none: it was not.
    var problems: [String] = []
    /// When it was last read without an error.
    var readAt = Timestamp.now
    /// The files as they were then; nil: there are none.
    var inputs: InputFiles?
    /// The time that the resolution of the dependency graph took.
    var resolution = Duration.zero
  }
}

/// Holds the published state. Reading copies a few array references under a lock that is held for nanoseconds; publishing changes the
/// touched services in place unless a reader still holds the arrays.
final class Publication: Sendable {
  private let published: Mutex<Published>
  /// The start of the batch of inputs that is being handled and not published yet, in nanoseconds; 0: there is none.
  private let busySince = Atomic<Int64>(0)

  init(_ first: Published) {
    published = Mutex(first)
  }

  func read() -> Published {
    published.withLock { $0 }
  }

  /// Marks the start of a batch of inputs: its changes are no earlier than this.
  func begin(at now: Instant) {
    busySince.store(now.nanoseconds, ordering: .sequentiallyConsistent)
  }

  /// Marks the batch as published.
  func end() {
    busySince.store(0, ordering: .sequentiallyConsistent)
  }

  /// The state, and the moment up to which it is complete: later changes may not be published yet.
  func readWithTime(_ clock: SupervisorClock) -> (Published, Instant) {
    let now = clock.now
    let busy = busySince.load(ordering: .sequentiallyConsistent)
    return (read(), busy == 0 ? now : min(now, Instant(nanoseconds: busy)))
  }

  func update(_ change: (inout sending Published) -> Void) {
    published.withLock { change(&$0) }
  }
}
