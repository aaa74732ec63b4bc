// stoker restart.

import ArgumentParser
import Stoker

extension StokerCommand {
  struct Restart: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Restart services.",
      discussion: """
        One after the other: the next one follows when the service before runs again. A failed service, whose restarts are used up, is \
        restarted only with --force:

          stoker restart --wait healthy dao
        """)

    enum Goal: String, ExpressibleByArgument, CaseIterable, Sendable {
      case running, healthy, none
    }

    @Flag(help: "Restart a service although its restarts are used up.")
    var force = false

    @Option(help: ArgumentHelp("Wait until each service is running or healthy; none: do not wait.", valueName: "goal"))
    var wait = Goal.running

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var services: ServiceArguments

    func run() throws {
      let connection = try connection.connection()
      MainThread.run { [services, force, wait] in
        try await services.each(connection) {
          try await connection.post(Connection.path("restart", $0, "?wait=\(wait.rawValue)"), ["force": .bool(force)])
        }
      }
    }
  }
}
