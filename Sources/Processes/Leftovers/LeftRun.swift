// A run that outlived its Stoker.

/// All that is left of one run of a dead Stoker.
public struct LeftRun: Hashable, Sendable {
  /// Whose run it is: a service's name, or the owner of a command.
  public var owner: String
  /// The number of the run.
  public var run: UInt64
  /// Its main process, if it is there, a zombie too: the one that was recorded, else the first one that leads a session.
  public var leader: ProcessIdentity?
  /// All that lives of it, by pid.
  public var processes: [Leftover]
  /// What was written down of it.
  public var record: RunningRecord?
  /// Whether it had said that it is ready: what the record says, until somebody knows better.
  public var isReady: Bool

  /// Names one.
  public init(owner: String, run: UInt64, leader: ProcessIdentity?, processes: [Leftover], record: RunningRecord? = nil) {
    self.owner = owner
    self.run = run
    self.leader = leader
    self.processes = processes
    self.record = record
    isReady = record?.isReady ?? false
  }

  /// The name of the run.
  public var key: RunKey { RunKey(owner: owner, run: run) }

  /// What lives of it besides its leader.
  public var members: [ProcessIdentity] { processes.map(\.identity).filter { $0 != leader } }
}
