// The report of a full stop.

/// The report of a full stop (rule 24).
public struct StopReport: Sendable, Equatable {
  /// Services that had to be killed at their deadline.
  public var killed: [ServiceID]
  /// Services with a process that survived SIGKILL.
  public var leftOver: [ServiceID]

  /// A report.
  package init(killed: [ServiceID], leftOver: [ServiceID]) {
    self.killed = killed
    self.leftOver = leftOver
  }
}
