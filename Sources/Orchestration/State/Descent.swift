// A stop that waits for dependents.

/// A stop that is decided and begins when those that `order` names have ended.
struct Descent: Sendable {
  var next: ServiceState.Next
  var order: StopOrder
  var cause: Cause
}

/// The services that must have ended before a stop begins.
enum StopOrder: Sendable {
  /// Those that require it (rule 19).
  case requiring
  /// Those that its restart drags along (rule 21).
  case linked
  /// All dependents, and explicit layers above it (rule 24).
  case all
}
