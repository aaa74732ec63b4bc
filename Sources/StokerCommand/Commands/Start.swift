// stoker start.

import ArgumentParser
import Stoker

extension StokerCommand {
  struct Start: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Start services, and what they require.",
      discussion: """
        Stopped and disabled services that are required are started too. A service that is given up after too many restarts is started \
        only with --force:

          stoker start --force betanet
        """)

    @Flag(help: "Start it although its restarts are used up.")
    var force = false

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var services: ServiceArguments

    func run() throws {
      let connection = try connection.connection()
      Main.finish { [services, force] in
        try await services.each(connection) { try await connection.post(Connection.path("start", $0), ["force": .bool(force)]) }
      }
    }
  }
}
