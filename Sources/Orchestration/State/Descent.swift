// A descent: a stop that waits for dependents.

/// A decided stop, which begins when the services that `order` names have ended.
struct Descent: Sendable {
  var next: ServiceState.Next
  var order: StopOrder
  var cause: Cause
}

/// The services that must end before a stop begins.
enum StopOrder: Sendable {
  /// The dependents that require it (rule 19).
  case requiring
  /// The dependents that its restart drags along (rule 21).
  case linked
  /// All dependents that are going down too: the command concerns all services.
  case together
  /// All dependents, and the explicit layers above it (rule 24).
  case all
}
