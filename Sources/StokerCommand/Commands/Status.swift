// stoker status: all services, their states and their health, or some of them in detail.

import ArgumentParser
import Stoker

extension StokerCommand {
  struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show all services, their states and their health, or some of them in detail.",
      discussion: """
        One line for each service; the note names the root cause where a service is not up. With names, all facts about each of them:

          stoker status betanet

        For a script, --json prints the HTTP \
        interface's answer:

          stoker status --json | jq -r '.services | to_entries[] | select(.value.status == "failed") | .key'
        """)

    @OptionGroup var connection: ConnectionOptions

    @Argument(
      help: ArgumentHelp("The services: \(ServiceSelection.help). (default: all of them, a line each)", valueName: "name"),
      completion: ServiceNames.completion)
    var names: [String] = []

    @Flag(help: "Print the HTTP interface's answer; with names, an object for each of them.")
    var json = false

    func run() throws {
      guard names.isEmpty else {
        try StatusOfServices(names: names, isJSON: json).run(connection.connection())
      }
      let connection = try connection.connection(warns: false)
      MainThread.run { [json] in
        let answer = try await connection.getTold("/api/orchestration/services")
        if json {
          Console.print(json: answer)
        } else {
          let lines = StatusTable(try Connection.parse(answer), now: Timestamp.now.seconds).styledLines(width: Console.width)
          Console.print(lines)
        }
      }
    }
  }
}
