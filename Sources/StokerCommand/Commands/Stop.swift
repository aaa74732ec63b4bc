// stoker stop.

import ArgumentParser
import Stoker

extension StokerCommand {
  struct Stop: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Stop services.",
      discussion: """
        They stay stopped until they are started again. A service that running ones require is stopped only with --cascade, which stops \
        those first, or --force, which leaves them running without it:

          stoker stop --cascade onion
        """)

    @Flag(help: "Stop the services first that require it.")
    var cascade = false

    @Flag(help: "Stop it although running services require it.")
    var force = false

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var services: ServiceArguments

    func validate() throws {
      if cascade && force {
        throw ValidationError("--cascade stops the services first that require it, --force leaves them running: give one of them")
      }
    }

    func run() throws {
      let connection = try connection.connection()
      let body: JSON = cascade ? ["cascade": true] : ["force": .bool(force)]
      Main.finish { [services] in
        try await services.each(connection) { try await connection.post(Connection.path("stop", $0), body) }
      }
    }
  }
}
