// stoker start.

import ArgumentParser
import Stoker

extension StokerCommand {
  struct Start: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Start services, and the services that they require.",
      discussion: """
        Required services that are stopped or disabled are started too. The answer comes when the start is done, and the process of a \
        service without readiness has lived for a second (ready.min_uptime); a start that failed is exit code 1, with its reason. A \
        oneshot, to its end:

          stoker start --wait completed migrate

        --all starts every enabled service that is down, and what they require; not those that have completed.
        """)

    @Flag(help: .hidden)
    var force = false

    @Option(help: WaitGoal.help)
    var wait: WaitGoal?

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var services: ServiceArguments

    func run() throws {
      let connection = try connection.connection()
      MainThread.run { [services, force, wait] in
        if services.all {
          return try await services.toAll { try await connection.post("/api/orchestration/start\(WaitGoal.query(wait))", [:]) }
        }
        try await services.each(connection) {
          try await connection.post(Connection.path("start", $0, WaitGoal.query(wait)), ["force": .bool(force)])
        }
      }
    }
  }
}
