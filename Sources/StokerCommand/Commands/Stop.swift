// stoker stop.

import ArgumentParser
import Stoker

extension StokerCommand {
  struct Stop: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Stop services.",
      discussion: """
        They stay stopped until they are started again. A service that running services require is stopped only with --cascade, which \
        stops those first, or with --force, which leaves them running without it:

          stoker stop --cascade onion

        --all stops every service, dependents first. They stay stopped, also with the next Stoker; 'stoker shutdown' ends Stoker itself.
        """)

    @Flag(help: "Stop the services that require it first.")
    var cascade = false

    @Flag(help: "Stop a service although running services require it.")
    var force = false

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var services: ServiceArguments

    func validate() throws {
      if cascade && force {
        throw ValidationError("--cascade stops the services that require it first, --force leaves them running: give one of the two")
      }
      if services.all, cascade || force { throw ValidationError("--all stops dependents first: leave out --cascade and --force") }
    }

    func run() throws {
      let connection = try connection.connection()
      let body: JSON = cascade ? ["cascade": true] : ["force": .bool(force)]
      MainThread.run { [services] in
        if services.all { return try await services.toAll { try await connection.post("/api/orchestration/stop", [:]) } }
        try await services.each(connection) { try await connection.post(Connection.path("stop", $0), body) }
      }
    }
  }
}
