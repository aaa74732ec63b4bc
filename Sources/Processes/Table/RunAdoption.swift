// The description of a run to adopt.

/// A run that another table started, in a process that is gone.
package struct RunAdoption: Sendable {
  /// Its main process; nil if it is gone. Another process with its pid is not touched.
  package var leader: ProcessIdentity?
  /// Its other known processes; further ones are found by the table.
  package var members: [ProcessIdentity]
  /// The cgroup of its service. It counts as the run's own only if the leader is in it or, without a leader,
  /// any process but those of commands.
  package var group: ServiceGroup?
  /// The user it was started as; nil: ours.
  package var user: String?
  /// How it reports that it is ready.
  package var notify: NotifyMode
  /// Whether the main process and its descendants alone may speak on its notification socket.
  package var hearsMainAlone: Bool
  /// Its heartbeat interval.
  package var watchdog: Duration?
  /// The file that names its main process after the first has ended with exit code 0; nil: the first is the main process.
  package var pidFile: String?
  /// Whether it has reported that it is ready.
  package var isReady: Bool

  /// Makes a description.
  package init(
    leader: ProcessIdentity?, members: [ProcessIdentity] = [], group: ServiceGroup? = nil, user: String? = nil,
    notify: NotifyMode = .none, hearsMainAlone: Bool = false, watchdog: Duration? = nil, pidFile: String? = nil,
    isReady: Bool = false
  ) {
    self.leader = leader
    self.members = members
    self.group = group
    self.user = user
    self.notify = notify
    self.hearsMainAlone = hearsMainAlone
    self.watchdog = watchdog
    self.pidFile = pidFile
    self.isReady = isReady
  }

  /// Whether it got a notification socket.
  var hasSocket: Bool { notify == .systemd || watchdog != nil }
}
