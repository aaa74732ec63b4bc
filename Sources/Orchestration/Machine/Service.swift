// One service inside the core.

/// What the core keeps of one service beside the facts of the file.
struct Service: Sendable {
  var state = ServiceState.stopped
  /// What the outside may know; kept true by whoever changes the state.
  var values = ServiceView.Values()
  /// A stop that is decided and not begun, since dependents have to end first.
  var descent: Descent?
  var checking = Checking()
  /// What a person last wanted of it, before this Stoker.
  var wish: Bool?
  /// It was said that nothing of it is left.
  var hasRetired = false
  /// Settled at least once (rule 22).
  var hasSettled = false
  /// How many of its dependents have a run: all, and those that require it.
  var occupied = (all: 0, requiring: 0)
  /// What it adds to the sums of the node.
  var counted = Counted()
  /// Its entry in the registry.
  var entry: RegistryEntry
  /// No beat came in time, and none has come since.
  var isExpired = false
  /// Since when it is wanted, if it is.
  var wantedSince = Instant(nanoseconds: 0)
  /// Stoker beats for it since this moment.
  var beatingSince: Instant?
  /// Waits in the queue of what is to be looked at again.
  var isMarked = false
  /// Its view changed since the shell last took it.
  var isTouched = true

  /// A stop that waits for its dependents.
  struct Descent: Sendable {
    var next: ServiceState.Next
    var order: Order
    var cause: Cause
  }

  /// Who must have ended first.
  enum Order: Sendable {
    /// Those that require it (rule 19).
    case requiring
    /// Those that its restart drags along (rule 21).
    case linked
    /// All dependents, and explicit layers above it (rule 24).
    case all
  }

  /// What a service adds to the sums of the node.
  struct Counted: Sendable, Equatable {
    /// Its health in the composite; nil: does not count (rule 4).
    var health: Health?
    /// Critical and not ready (rule 23).
    var isMissing = false
  }

  /// The checks of the present run.
  struct Checking: Sendable {
    /// Checks are made.
    var isOn = false
    /// The check under way.
    var inFlight: UInt64?
    /// The one under way was asked for by `checkNow`.
    var isForced = false
    /// A check asked for by `checkNow` that has not begun.
    var queued: UInt64?
    /// When the next scheduled check is due.
    var due = Instant(nanoseconds: 0)
    /// A result of this run is in.
    var hasResult = false
    /// Before the first success failures count from here on.
    var countFrom = Instant(nanoseconds: 0)
  }
}
