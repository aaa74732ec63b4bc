// The explanation of a service's state.

/// The explanation of a service's state, down to the root cause (docs/http-api.md, "Why a service is as it is").
package struct Explanation: Sendable, Equatable {
  /// The service that it explains.
  package var service: ServiceID
  /// One sentence that names the root cause; times in it are ages.
  package var sentence: String
  /// The state of the service.
  package var status: Status
  /// Its health.
  package var health: Health
  /// The beginning of the current state.
  package var since: Instant
  /// The moment of the next attempt, in back-off.
  package var nextAttempt: Instant?
  /// The number of used automatic attempts.
  package var attempts: Int
  /// The limit of automatic attempts; nil: unlimited.
  package var limit: Int?
  /// The exit of the last run.
  package var lastExit: Exit?
  /// The moment of that exit.
  package var lastExitAt: Instant?
  /// The explanations of its blockers; each service appears once in the whole tree, which is 32 levels deep at most.
  package var children: [Explanation]
  /// The end of the chain of reasons; the service itself, if it does not wait.
  package var rootCause: ServiceID
  /// Commands to type now.
  package var advice: [String]
}
