// Why a service is in the state it is in.

/// Why a service is in the state it is in, down to the root cause (http-api.md, `why`).
public struct Explanation: Sendable, Equatable {
  /// Whom it is about.
  public var service: ServiceID
  /// One plain sentence that names the root cause; times in it are ages.
  public var sentence: String
  /// The state of it.
  public var status: Status
  /// How it is.
  public var health: Health
  /// When the present state began.
  public var since: Instant
  /// When the next attempt is due, in back-off.
  public var nextAttempt: Instant?
  /// Automatic attempts used.
  public var attempts: Int
  /// Automatic attempts there are; nil: unlimited.
  public var limit: Int?
  /// How the last run ended.
  public var lastExit: Exit?
  /// When it did.
  public var lastExitAt: Instant?
  /// Why those that it waits for are as they are; each service stands once in the whole tree, 32 levels deep at most.
  public var children: [Explanation]
  /// Where the chain of reasons ends; itself, where it waits for nobody.
  public var rootCause: ServiceID
  /// Commands that a person could type now.
  public var advice: [String]
}
