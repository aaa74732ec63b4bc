// A run that outlived its Stoker.

/// All that is left of one run of a dead Stoker.
package struct LeftRun: Hashable, Sendable {
  /// Whose run it is: a service's name, or the owner of a command.
  package var owner: String
  /// The number of the run.
  package var run: UInt64
  /// Its main process, if it is there, a zombie too: the one that was recorded, else the first one that leads a session.
  package var leader: ProcessIdentity?
  /// All that lives of it, by pid.
  package var processes: [Leftover]
  /// What was written down of it.
  package var record: RunningRecord?
  /// Whether it had said that it is ready: what the record says, until somebody knows better.
  package var isReady: Bool

  /// Names one.
  package init(owner: String, run: UInt64, leader: ProcessIdentity?, processes: [Leftover], record: RunningRecord? = nil) {
    self.owner = owner
    self.run = run
    self.leader = leader
    self.processes = processes
    self.record = record
    isReady = record?.isReady ?? false
  }

  /// The name of the run.
  package var key: RunKey { RunKey(owner: owner, run: run) }

  /// What lives of it besides its leader.
  package var members: [ProcessIdentity] { processes.map(\.identity).filter { $0 != leader } }
}
