// stoker status: all services, their states and their health.

import ArgumentParser
import Glibc
import Stoker

extension StokerCommand {
  struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show all services, their states and their health.",
      discussion: """
        One line for each service; the note names the root cause where a service is not up. For a script, --json prints the HTTP \
        interface's answer:

          stoker status --json | jq -r '.services | to_entries[] | select(.value.status == "failed") | .key'
        """)

    @OptionGroup var connection: ConnectionOptions

    @Flag(help: "Print the HTTP interface's answer.")
    var json = false

    func run() throws {
      let connection = try connection.connection(warns: false)
      MainThread.run { [json] in
        let answer = try await connection.getTold("/api/orchestration/services")
        if json {
          Console.print(json: answer)
        } else {
          let lines = StatusTable(try Connection.parse(answer), now: Timestamp.now.seconds).styledLines(width: Console.width)
          let isColoured = Colours.areWanted(on: STDOUT_FILENO)
          Console.print(raw: lines.flatMap { $0.bytes(coloured: isColoured) + [UInt8(ascii: "\n")] })
        }
      }
    }
  }
}
