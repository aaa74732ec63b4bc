// What a successor needs to know of a run.

/// A process that runs, as it is written down for a successor.
public struct RunningRecord: Hashable, Sendable, Codable {
  /// The service's name.
  public var name: String
  /// The number of the run.
  public var run: UInt64
  /// The process id.
  public var pid: Int32
  /// When it began, in clock ticks since boot.
  public var startTime: UInt64
  /// The boot that this counts from.
  public var bootID: String

  /// Writes down a process.
  public init(name: String, run: UInt64, identity: ProcessIdentity, bootID: String) {
    self.name = name
    self.run = run
    pid = identity.pid
    startTime = identity.startTime
    self.bootID = bootID
  }

  /// The process.
  public var identity: ProcessIdentity { ProcessIdentity(pid: pid, startTime: startTime) }
}
