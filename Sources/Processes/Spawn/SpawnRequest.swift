// What to start.

import Linux

/// A program to start, with all that it is given.
package struct SpawnRequest: Sendable {
  /// What the program is called with. The first without a slash is looked up in the `PATH` of `environment`,
  /// with one it counts from `directory` (rule 32).
  package var arguments: [String]
  /// All of its variables, as `NAME=value`. `STOKER_RUN` is added, and what `setup`, `notify` and `watchdog` ask for.
  package var environment: [String]
  /// Where it runs.
  package var directory: String
  /// Where its standard output and standard error go. Its standard input is `/dev/null`.
  package var output: SpawnOutput
  /// What else it is given.
  package var setup: ProcessSetup
  /// The cgroup it is born in, which is made if it is not there; nil: ours.
  ///
  /// The first run that is there has it: what is in the cgroup is of that run, which is not `emptied` before the cgroup is. Others that
  /// are started in it meanwhile, like a command that belongs to it, share its fate.
  package var group: ControlGroup?
  /// How it says that it is ready.
  package var notify: NotifyMode
  /// How often it must say that it lives, on the socket of `NotifyMode.systemd`; it is told so by `WATCHDOG_USEC`.
  package var watchdog: Duration?

  /// Describes a program to start.
  package init(
    arguments: [String], environment: [String] = [], directory: String = "/", output: SpawnOutput = .null,
    setup: ProcessSetup = ProcessSetup(), group: ControlGroup? = nil, notify: NotifyMode = .none, watchdog: Duration? = nil
  ) {
    self.arguments = arguments
    self.environment = environment
    self.directory = directory
    self.output = output
    self.setup = setup
    self.group = group
    self.notify = notify
    self.watchdog = watchdog
  }

  /// Whether it is given a socket to talk to.
  var hasSocket: Bool { notify == .systemd || watchdog != nil }
}
