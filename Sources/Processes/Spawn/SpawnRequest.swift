// The request for a spawn.

import Linux

/// A program to start, with all its properties.
package struct SpawnRequest: Sendable {
  /// The arguments. The first, without a slash, is looked up in the `PATH` of `environment`; with one it is
  /// resolved from `directory` (rule 32).
  package var arguments: [String]
  /// The bytes of the arguments, where they are not the texts: those of a command line need not be UTF-8; nil: the texts.
  package var rawArguments: [[UInt8]]?
  /// All variables, as `NAME=value`. `STOKER_RUN` is added, and those for `setup`, `notify` and `watchdog`.
  package var environment: [EnvironmentVariable]
  /// The working directory.
  package var directory: String
  /// The source of standard input.
  package var input: SpawnInput
  /// The destination of standard output and standard error.
  package var output: SpawnOutput
  /// The other properties.
  package var setup: ProcessSetup
  /// The cgroup that it is born in, created if it does not exist; nil: ours.
  ///
  /// Everything in it is part of the run, which is not `emptied` before the cgroup is.
  package var group: ControlGroup?
  /// How it reports that it is ready.
  package var notify: NotifyMode
  /// Whether the main process and its descendants alone may speak on its notification socket.
  package var hearsMainAlone: Bool
  /// The heartbeat interval on the socket of `NotifyMode.systemd`; the program gets it in `WATCHDOG_USEC`.
  package var watchdog: Duration?
  /// The file that names its main process after the first has ended with exit code 0; nil: the first is the main process.
  package var pidFile: String?

  /// Makes a request.
  package init(
    arguments: [String], environment: [EnvironmentVariable] = [], directory: String = "/", input: SpawnInput = .empty,
    output: SpawnOutput = .null, setup: ProcessSetup = ProcessSetup(), group: ControlGroup? = nil, notify: NotifyMode = .none,
    hearsMainAlone: Bool = false, watchdog: Duration? = nil, pidFile: String? = nil
  ) {
    self.arguments = arguments
    self.environment = environment
    self.directory = directory
    self.input = input
    self.output = output
    self.setup = setup
    self.group = group
    self.notify = notify
    self.hearsMainAlone = hearsMainAlone
    self.watchdog = watchdog
    self.pidFile = pidFile
  }

  /// Whether it gets a notification socket.
  var hasSocket: Bool { notify == .systemd || watchdog != nil }
}
