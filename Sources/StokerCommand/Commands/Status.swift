// stoker status: what runs, how it is, and since when.

import ArgumentParser
import Stoker

extension StokerCommand {
  struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show what runs, how it is, and since when.",
      discussion: """
        One line a service. For a script, --json prints the answer of the HTTP interface as it is:

          stoker status --json | jq -r '.services | to_entries[] | select(.value.status == "failed") | .key'
        """)

    @OptionGroup var connection: ConnectionOptions

    @Flag(help: "Print the HTTP interface's answer as it is.")
    var json = false

    func run() throws {
      let connection = try connection.connection()
      Main.finish { [json] in
        if json {
          Console.say(raw: try await connection.get("/api/orchestration/services"))
        } else {
          let answer = try await connection.json("/api/orchestration/services")
          let table = StatusTable(answer, now: Timestamp.now.seconds)
          Console.say(([table.summary, ""] + table.lines(width: Console.width)).joined(separator: "\n"))
        }
      }
    }
  }
}
