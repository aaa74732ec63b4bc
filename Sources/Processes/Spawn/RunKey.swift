// The name of a run.

/// Names a run of something. Its maker never uses a name twice.
public struct RunKey: Hashable, Sendable, CustomStringConvertible {
  /// Whose run it is: a service's index, or a number of the caller's for a check.
  public var owner: UInt32
  /// The number of the run.
  public var run: UInt64

  /// Names a run.
  public init(owner: UInt32, run: UInt64) {
    self.owner = owner
    self.run = run
  }

  /// Like "3:17".
  public var description: String { "\(owner):\(run)" }
}
