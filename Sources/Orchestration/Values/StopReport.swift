// The report of a full stop.

/// The report of a full stop (rule 24).
public struct StopReport: Sendable, Equatable {
  /// Services that had to be killed at their deadline.
  public var killed: [ServiceID]
  /// Services with a process that survived SIGKILL.
  public var leftOver: [ServiceID]
  /// The condition that began it (rule 90); nil: a request did.
  public var ending: Ending?

  /// The exit code of a program that ends with it: that of the condition, and where that would be 0 11 if something is left over and 10 if
  /// something had to be killed.
  public var exitCode: Int32 {
    if let code = ending?.exitCode, code != 0 { return code }
    return !leftOver.isEmpty ? 11 : killed.isEmpty ? 0 : 10
  }

  /// A report.
  package init(killed: [ServiceID], leftOver: [ServiceID], ending: Ending? = nil) {
    self.killed = killed
    self.leftOver = leftOver
    self.ending = ending
  }

  /// A condition that came about, and began the full stop.
  public struct Ending: Sendable, Hashable {
    /// The service that decided, by its name; nil: every oneshot has completed.
    public var service: String?
    /// The exit code that it stands for: that of the service, 128 and the number of the signal that ended it, or 1; 0 after a success.
    public var exitCode: Int32
    /// The event and the condition, in a few words: "web failed: exited with code 3 (stoker.exit_when: failed)".
    public var reason: String

    /// An ending.
    package init(service: String?, exitCode: Int32, reason: String) {
      self.service = service
      self.exitCode = exitCode
      self.reason = reason
    }
  }
}
