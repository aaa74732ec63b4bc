// stoker logs: the last lines a service wrote.

import ArgumentParser

extension StokerCommand {
  struct Logs: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show the last lines that a service wrote.",
      discussion: """
        Both streams, in the order they came, unless --stream chooses one:

          stoker logs betanet -n 20 --stream stderr

        Stoker keeps the last 1000 lines in memory (log.memory_lines); all of it is in the service's log file.
        """)

    enum Stream: String, ExpressibleByArgument, CaseIterable, Sendable {
      case stdout, stderr
    }

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: ArgumentHelp("The service.", valueName: "name"))
    var name: String

    @Option(name: [.customShort("n"), .customLong("lines")], help: ArgumentHelp("How many lines at most.", valueName: "number"))
    var count = 100

    @Option(help: ArgumentHelp("stdout or stderr alone.", valueName: "stream"))
    var stream: Stream?

    func validate() throws {
      guard (0...100_000).contains(count) else { throw ValidationError("-n wants a number of lines from 0 to 100000, not \(count)") }
    }

    func run() throws {
      let connection = try connection.connection()
      Main.finish { [name, count, stream] in
        let query = "?tail=\(count)" + (stream.map { "&stream=\($0.rawValue)" } ?? "")
        Console.say(raw: try await connection.get(Connection.path("service", name, "/logs\(query)")))
      }
    }
  }
}
