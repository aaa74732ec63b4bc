// stoker restart.

import ArgumentParser
import Stoker

extension StokerCommand {
  struct Restart: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Restart services.",
      discussion: """
        One after the other, each waited for until it runs again. A service that is given up after too many restarts is restarted only \
        with --force:

          stoker restart --wait healthy dao
        """)

    enum Goal: String, ExpressibleByArgument, CaseIterable, Sendable {
      case running, healthy, none
    }

    @Flag(help: "Restart it although its restarts are used up.")
    var force = false

    @Option(help: ArgumentHelp("running, healthy or none: what each is waited for.", valueName: "goal"))
    var wait = Goal.running

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var services: ServiceArguments

    func run() throws {
      let connection = try connection.connection()
      Main.finish { [services, force, wait] in
        try await services.each(connection) {
          try await connection.post(Connection.path("restart", $0, "?wait=\(wait.rawValue)"), ["force": .bool(force)])
        }
      }
    }
  }
}
