// stoker logs: the last lines of services, and the lines that follow.

import ArgumentParser
import Stoker

extension StokerCommand {
  struct Logs: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show the last lines of services, and follow them.",
      discussion: """
        Both streams, unless --stream selects one. The lines of each stream are in their order; those of both are in the order in which \
        Stoker read them, so that lines written in the same moment may have changed places:

          stoker logs betanet -n 20 --stream stderr

        With -f each new line is shown as it is written, across restarts and rotations, until Ctrl-C. Lines of several services begin \
        with the service's name, in a colour of its own on a terminal:

          stoker logs -f --all

        A line that is not finished yet, such as a prompt, is shown too; of a progress bar, the last state.

        A terminal gets colours, and other control characters as \\x1b; --raw passes them on. A pipe or a file gets the bytes as they are.

        Stoker keeps the last 1000 lines in memory (log.memory_lines); the service's log file has all of them.
        """)

    enum Stream: String, ExpressibleByArgument, CaseIterable, Sendable {
      case stdout, stderr
    }

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: ArgumentHelp("The services.", valueName: "name"), completion: ServiceNames.completion)
    var names: [String] = []

    @Flag(help: "All services that have a process.")
    var all = false

    @Flag(name: .shortAndLong, help: "Show each new line as it is written.")
    var follow = false

    @Option(name: [.customShort("n"), .customLong("lines")], help: ArgumentHelp("Most lines of each service.", valueName: "number"))
    var count = 100

    @Option(help: ArgumentHelp("stdout or stderr alone.", valueName: "stream"))
    var stream: Stream?

    @Flag(help: "Print control characters as they are, on a terminal too.")
    var raw = false

    func validate() throws {
      guard (0...100_000).contains(count) else { throw ValidationError("-n takes a number of lines from 0 to 100000, not \(count)") }
      if all, !names.isEmpty { throw ValidationError("give names or --all, not both") }
      if !all, names.isEmpty { throw ValidationError("name services, or give --all") }
    }

    func run() throws {
      let connection = try connection.connection()
      MainThread.run { [names, all, follow, count, stream, raw] in
        let query = "?tail=\(count)" + (stream.map { "&stream=\($0.rawValue)" } ?? "") + (follow ? "&follow=1" : "")
        let services = all ? try await Self.withProcess(connection) : names
        let printer = LinePrinter(services, isLabelled: services.count > 1, isRaw: raw)
        if follow {
          try await Self.follow(services, query, connection, printer)
        } else {
          for name in services { printer.take(try await connection.get(Connection.path("service", name, "/logs\(query)")), of: name) }
        }
        printer.end()
      }
    }

    /// Follows all of them at once, until the first error or until Stoker ends.
    private static func follow(_ services: [String], _ query: String, _ connection: Connection, _ printer: LinePrinter) async throws {
      try await withThrowingTaskGroup { group in
        for name in services {
          group.addTask {
            try await connection.follow(Connection.path("service", name, "/logs\(query)")) { printer.take($0, of: name) }
          }
        }
        // The first error ends all of them.
        while try await group.next() != nil {}
      }
    }

    private static func withProcess(_ connection: Connection) async throws -> [String] {
      let services = try await connection.json("/api/orchestration/services")["services"]?.members ?? []
      return services.filter { $0.value["kind"]?.string != "external" }.map(\.name)
    }
  }
}
