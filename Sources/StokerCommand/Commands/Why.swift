// stoker why: the state of a service, explained down to its root cause.

import ArgumentParser
import Stoker

extension StokerCommand {
  struct Why: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Explain why a service is in the state it is in.",
      discussion: """
        One sentence first; then its dependencies, and theirs, down to the root cause; then the commands that may help:

          stoker why betanet
        """)

    @OptionGroup var connection: ConnectionOptions

    @Argument(
      help: ArgumentHelp("The service; of several that a name stands for, each.", valueName: "name"), completion: ServiceNames.completion)
    var name: String

    @Flag(help: "Print the HTTP interface's answer.")
    var json = false

    func run() throws {
      let options = connection.repeated
      let connection = try connection.connection()
      MainThread.run { [name, json] in
        try await ServiceSelection.with([name], connection) { names in
          for (position, name) in names.enumerated() {
            let path = Connection.path("service", name, "/why")
            if json {
              Console.print(json: try await connection.get(path))
            } else {
              let lines = WhyText.lines(try await connection.json(path), now: Timestamp.now.seconds, options: options)
              let text = (Console.width.map { WhyText.wrapped(lines, to: $0) } ?? lines).joined(separator: "\n")
              Console.print(position == 0 ? text : "\n\(text)")
            }
          }
        }
      }
    }
  }
}
