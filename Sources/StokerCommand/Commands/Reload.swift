// stoker reload: apply the changes of the service file, or let services read their own configuration again.

import ArgumentParser
import Stoker

extension StokerCommand {
  struct Reload: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Apply the changes of the service file, or reload services.",
      discussion: """
        Without names: unchanged services go on running. To see first which services would be restarted, and why:

          stoker reload --dry-run

        A service is restarted only if a setting of its process changed (command, environment, user, limits, log file, readiness); \
        a changed check, restart policy or dependency applies without a restart. A file with an error changes nothing.

        With names: each service reads its own configuration again, as its 'reload' in the service file says, and goes on running. \
        If its check fails, nothing is done.
        """)

    @Flag(help: "Show the changes, and apply none.")
    var dryRun = false

    @Flag(help: "Print the HTTP interface's answer.")
    var json = false

    @OptionGroup var connection: ConnectionOptions

    @Argument(
      help: ArgumentHelp("The services to reload: \(ServiceSelection.help); without one the service file is read.", valueName: "name"),
      completion: ServiceNames.completion)
    var names: [String] = []

    func validate() throws {
      if dryRun, !names.isEmpty { throw ValidationError("--dry-run shows the changes of the service file: give no names with it") }
    }

    func run() throws {
      let isByFile = connection.address == nil
      // The file's faults are in Stoker's refusal.
      let connection = try connection.connection(warns: !names.isEmpty)
      MainThread.run { [dryRun, json, names] in
        if !names.isEmpty {
          return try await ServiceChanges(names: names, json: json).each(connection) {
            try await connection.post(Connection.path("reload", $0), [:])
          }
        }
        try await ReloadReport.file(connection, dryRun: dryRun, json: json, isByFile: isByFile)
      }
    }
  }
}
