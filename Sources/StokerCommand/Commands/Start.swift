// stoker start.

import ArgumentParser
import Stoker

extension StokerCommand {
  struct Start: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Start services, and the services that they require.",
      discussion: """
        Required services that are stopped or disabled are started too. A failed service, whose restarts are used up, is started only \
        with --force:

          stoker start --force betanet
        """)

    @Flag(help: "Start a service although its restarts are used up.")
    var force = false

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var services: ServiceArguments

    func run() throws {
      let connection = try connection.connection()
      MainThread.run { [services, force] in
        try await services.each(connection) { try await connection.post(Connection.path("start", $0), ["force": .bool(force)]) }
      }
    }
  }
}
