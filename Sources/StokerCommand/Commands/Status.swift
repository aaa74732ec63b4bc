// stoker status: what runs, how it is, and since when.

import ArgumentParser
import Glibc
import Stoker

extension StokerCommand {
  struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show what runs, how it is, and since when.",
      discussion: """
        One line a service; for each that is not up, the root cause in a clause. For a script, --json prints the answer of the HTTP interface as it is:

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
          let lines = StatusTable(answer, now: Timestamp.now.seconds).styledLines(width: Console.width)
          let isColoured = Colours.areWanted(on: STDOUT_FILENO)
          Console.say(raw: lines.flatMap { $0.bytes(coloured: isColoured) + [UInt8(ascii: "\n")] })
        }
      }
    }
  }
}
