// How a full stop ended.

/// How a full stop ended (rule 24).
public struct StopReport: Sendable, Equatable {
  /// Services that had to be killed at their deadline.
  public var killed: [ServiceID]
  /// Services of which something still exists.
  public var leftOver: [ServiceID]

  /// A report.
  package init(killed: [ServiceID], leftOver: [ServiceID]) {
    self.killed = killed
    self.leftOver = leftOver
  }
}
