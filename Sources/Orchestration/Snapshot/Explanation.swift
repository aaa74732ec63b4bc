// Why a service is in the state it is in.

/// Why a service is in the state it is in, down to the root cause (http-api.md, `why`).
package struct Explanation: Sendable, Equatable {
  /// Whom it is about.
  package var service: ServiceID
  /// One plain sentence that names the root cause; times in it are ages.
  package var sentence: String
  /// The state of it.
  package var status: Status
  /// How it is.
  package var health: Health
  /// When the present state began.
  package var since: Instant
  /// When the next attempt is due, in back-off.
  package var nextAttempt: Instant?
  /// Automatic attempts used.
  package var attempts: Int
  /// Automatic attempts there are; nil: unlimited.
  package var limit: Int?
  /// How the last run ended.
  package var lastExit: Exit?
  /// When it did.
  package var lastExitAt: Instant?
  /// Why those that it waits for are as they are; each service stands once in the whole tree, 32 levels deep at most.
  package var children: [Explanation]
  /// Where the chain of reasons ends; itself, where it waits for nobody.
  package var rootCause: ServiceID
  /// Commands that a person could type now.
  package var advice: [String]
}
