// stoker restart.

import ArgumentParser
import Stoker

extension StokerCommand {
  struct Restart: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Restart services.",
      discussion: """
        One after the other: the next one follows when the service before runs again, and its process has lived for a second \
        (ready.min_uptime), or its start failed. A failed service, whose restarts are used up, and one with a dependency that is down \
        are restarted only with --force:

          stoker restart --wait healthy dao

        --all restarts every service that is running, but no oneshot: all go down, dependents first, and come up, dependencies first.
        """)

    @Flag(help: "Restart a service although its restarts are used up, or a dependency is down.")
    var force = false

    @Option(help: WaitGoal.help)
    var wait: WaitGoal?

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var services: ServiceArguments

    func validate() throws {
      if services.all, force { throw ValidationError("--all restarts what is running: leave out --force, or name the service") }
    }

    func run() throws {
      let connection = try connection.connection()
      MainThread.run { [services, force, wait] in
        if services.all {
          return try await services.toAll { try await connection.post("/api/orchestration/restart\(WaitGoal.query(wait))", [:]) }
        }
        try await services.each(connection) {
          try await connection.post(Connection.path("restart", $0, WaitGoal.query(wait)), ["force": .bool(force)])
        }
      }
    }
  }
}
