// stoker health: one word and an exit code, for scripts and monitoring.

import ArgumentParser
import Glibc
import Orchestration
import Stoker

extension StokerCommand {
  struct Health: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Report the health of the services as a word and as the exit code.",
      discussion: """
        Exits with 0 healthy, 1 degraded, 2 unhealthy, 3 unknown, as monitoring plugins and a container's HEALTHCHECK expect. Without \
        names it reports the node as a whole; with names, the worst of those services. It uses the results of the checks so far; --now runs \
        new checks first:

          stoker health --now betanet dao && deploy
        """)

    @Flag(help: "Run all checks now, and report when the last one has ended.")
    var now = false

    @Flag(help: "Print the HTTP interface's answer; the exit code is the same.")
    var json = false

    @OptionGroup var connection: ConnectionOptions

    @Argument(
      help: ArgumentHelp("The services: \(ServiceSelection.help); without names, the node.", valueName: "name"),
      completion: ServiceNames.completion)
    var names: [String] = []

    func run() throws {
      // With names, the troubles are not printed.
      let connection = try connection.connection(warns: !names.isEmpty)
      MainThread.run { [names, now, json] in
        do {
          if now { _ = try await connection.post("/api/orchestration/health/check-now", [:]) }
          try await ServiceSelection.with(names, connection) { try await Self.report($0, json: json, connection) }
        } catch let failure as Failure where failure.status == .failure {
          // The usual exit code 1 means "degraded" here.
          Console.report(failure.sentence)
          throw ExitCode(Orchestration.Health.unknown.exitCode)
        }
      }
    }

    private static func report(_ names: [String], json: Bool, _ connection: Connection) async throws {
      let path = "/api/orchestration/health"
      let answer = try Connection.parse(names.isEmpty ? await connection.getTold(path) : await connection.get(path))
      let report = HealthReport(answer)
      if let unknown = names.first(where: { report.health(of: $0) == nil }) {
        // The interface refuses it with the nearest name.
        _ = try await connection.json(Connection.path("service", unknown))
      }
      if json { Console.print(answer) } else { Console.print(report.lines(names).joined(separator: "\n")) }
      throw ExitCode(report.worst(of: names).exitCode)
    }
  }
}

extension Orchestration.Health {
  /// The exit code of `stoker health`, as of a Nagios plugin.
  var exitCode: Int32 {
    switch self {
    case .healthy: 0
    case .degraded: 1
    case .unhealthy: 2
    case .unknown: 3
    }
  }
}
