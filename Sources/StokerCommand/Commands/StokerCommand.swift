// The root of the command line: the verbs and the exit codes.

import ArgumentParser

struct StokerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stoker",
    abstract: "Keeps the services of one machine running, and reports to Prometheus how well they run.",
    discussion: """
      One service file describes everything: ./stoker.yaml, else /etc/stoker/stoker.yaml, unless --config names another:

        stoker check         check the file
        stoker run           start all services, and supervise them
        stoker status        show all services, their states and their health
        stoker why betanet   explain a service's state, and list what can be done

      The verbs that talk to a running Stoker find it by --url or the environment variable STOKER_URL (http://127.0.0.1:10101 or \
      unix:/path/to/stoker.sock), else through the service file, whatever faults it has; without a file the only one of this user.

      EXIT CODES:
      \(ExitStatus.help)
      """,
    version: Version.text,
    groupedSubcommands: [
      CommandGroup(name: "Supervision", subcommands: [Run.self, Demo.self]),
      CommandGroup(
        name: "Service file", subcommands: [Init.self, ImportCommand.self, Check.self, Graph.self, Schema.self, Prometheus.self]),
      CommandGroup(
        name: "Information",
        subcommands: [Status.self, Top.self, Health.self, Why.self, Logs.self, Events.self, Version.self, Completions.self]),
      CommandGroup(
        name: "Control",
        subcommands: [Start.self, Stop.self, Restart.self, Reload.self, SignalCommand.self, Shutdown.self, Exec.self]),
    ])

  /// All verbs, for the hint after a mistyped one.
  static var verbs: [String] {
    configuration.groupedSubcommands.flatMap { $0.subcommands.map { $0._commandName } } + ["help"]
  }
}
