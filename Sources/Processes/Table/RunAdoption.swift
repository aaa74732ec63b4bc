// What to take over from a predecessor.

/// A run that another table started, in a process that is no more.
package struct RunAdoption: Sendable {
  /// Its main process; nil if it is gone. Whatever else has its pid by now is not touched.
  package var leader: ProcessIdentity?
  /// What else was found of it; further ones are found by themselves.
  package var members: [ProcessIdentity]
  /// Its cgroup. Taken for what is of the run only if the leader is in it or, without a leader, anything.
  package var group: ControlGroup?
  /// Whose it is, as it was started; nil: ours.
  package var user: String?
  /// How it says that it is ready.
  package var notify: NotifyMode
  /// How often it must say that it lives.
  package var watchdog: Duration?
  /// Whether it has said that it is ready.
  package var isReady: Bool

  /// Describes a run to take over.
  package init(
    leader: ProcessIdentity?, members: [ProcessIdentity] = [], group: ControlGroup? = nil, user: String? = nil,
    notify: NotifyMode = .none, watchdog: Duration? = nil, isReady: Bool = false
  ) {
    self.leader = leader
    self.members = members
    self.group = group
    self.user = user
    self.notify = notify
    self.watchdog = watchdog
    self.isReady = isReady
  }

  /// Whether it was given a socket to talk to.
  var hasSocket: Bool { notify == .systemd || watchdog != nil }
}
