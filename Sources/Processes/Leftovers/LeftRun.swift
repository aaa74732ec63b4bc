// A run that outlived its Stoker.

/// The remains of one run of a dead Stoker.
package struct LeftRun: Hashable, Sendable {
  /// The owner of the run: a service's name, or the owner of a command.
  package var owner: String
  /// The number of the run.
  package var run: UInt64
  /// Its main process, if it exists, also as a zombie: the recorded one, else the first one that leads a
  /// session.
  package var leader: ProcessIdentity?
  /// Its live processes, by pid.
  package var processes: [Leftover]
  /// Its record in `runtime.json`.
  package var record: RunningRecord?
  /// Whether it had reported that it is ready: the value of the record, until the caller knows better.
  package var isReady: Bool

  /// Makes a description.
  package init(owner: String, run: UInt64, leader: ProcessIdentity?, processes: [Leftover], record: RunningRecord? = nil) {
    self.owner = owner
    self.run = run
    self.leader = leader
    self.processes = processes
    self.record = record
    isReady = record?.isReady ?? false
  }

  /// The key of the run.
  package var key: RunKey { RunKey(owner: owner, run: run) }

  /// Its live processes except the leader.
  package var members: [ProcessIdentity] { processes.map(\.identity).filter { $0 != leader } }
}
