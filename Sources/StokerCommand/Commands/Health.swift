// stoker health: one word and an exit code, for scripts and monitoring.

import ArgumentParser
import Glibc
import Orchestration
import Stoker

extension StokerCommand {
  struct Health: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Say how well the services are, in a word and in the exit code.",
      discussion: """
        Exits with 0 healthy, 1 degraded, 2 unhealthy, 3 unknown, as monitoring plugins and a container's HEALTHCHECK want it. Without \
        names the node as a whole is meant; with names, the worst of those services. What counts are the checks so far; --now makes new \
        ones first:

          stoker health --now betanet dao && deploy
        """)

    @Flag(help: "Check all services now, and report when the last answer is in.")
    var now = false

    @Flag(help: "Print the HTTP interface's answer as it is; the exit code says the same.")
    var json = false

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: ArgumentHelp("The services; none: all of the node.", valueName: "name"), completion: ServiceNames.completion)
    var names: [String] = []

    func run() throws {
      let connection = try connection.connection()
      Main.finish { [names, now, json] in
        do {
          if now { _ = try await connection.post("/api/orchestration/health/check-now", [:]) }
          try await Self.tell(names, json: json, connection)
        } catch let failure as Failure where failure.status == .failure {
          // Our usual 1 would say "degraded" here.
          Console.complain(failure.sentence)
          throw ExitCode(Orchestration.Health.unknown.exitCode)
        }
      }
    }

    private static func tell(_ names: [String], json: Bool, _ connection: Connection) async throws {
      let answer = try await connection.json("/api/orchestration/health")
      let report = HealthReport(answer)
      if let unknown = names.first(where: { report.health(of: $0) == nil }) {
        // The interface knows which name comes nearest.
        _ = try await connection.json(Connection.path("service", unknown))
      }
      if json { Console.say(answer) } else { Console.say(report.lines(names).joined(separator: "\n")) }
      throw ExitCode(report.verdict(names).exitCode)
    }
  }
}

extension Orchestration.Health {
  /// What `stoker health` exits with: the codes of Nagios plugins.
  var exitCode: Int32 {
    switch self {
    case .healthy: 0
    case .degraded: 1
    case .unhealthy: 2
    case .unknown: 3
    }
  }
}
