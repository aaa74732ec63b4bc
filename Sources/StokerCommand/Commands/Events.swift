// stoker events: what happens, as it happens.

import ArgumentParser
import Glibc
import Stoker

extension StokerCommand {
  struct Events: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show what happens, as it happens.",
      discussion: """
        One line for each change of a service, of the node or of the service file, until Ctrl-C:

          stoker events
          stoker events --service betanet --service onion

        When the connection breaks it says so on stderr and goes on with the first event that was missed; when Stoker was started anew, \
        with what happens from then on. For a program, --json prints each event as one line of JSON:

          stoker events --json | jq -r 'select(.kind == "gave_up") | .service'

        What happened before is in 'stoker why NAME' and in the log.
        """)

    @OptionGroup var connection: ConnectionOptions

    @Option(
      name: .long, help: ArgumentHelp("Only events of this service; may be given several times.", valueName: "name"),
      completion: ServiceNames.completion)
    var service: [String] = []

    @Flag(name: .shortAndLong, help: "Go on until Ctrl-C, which it does anyway: as 'logs -f' is typed.")
    var follow = false

    @Flag(help: "Print each event as one line of JSON.")
    var json = false

    func run() throws {
      let connection = try connection.connection()
      Main.finish { [service, json] in
        for name in service {
          // A name that is none would be waited for in vain; the interface knows which comes nearest.
          _ = try await connection.get(Connection.path("service", name))
        }
        let isColoured = Colours.areWanted(on: STDOUT_FILENO)
        let wasLost = Latch()
        try await EventFeed(connection, services: service).follow { news in
          switch news {
          case .lost(let reason):
            if wasLost.raise() { Console.complain("the connection is lost, and tried again each second: \(reason)") }
          case .connected:
            if wasLost.lower() { Console.complain("connected again") }
          case .event(let event, let message):
            if json {
              Console.say(message.data)
            } else {
              Console.say(raw: event.line { TimeOfDay.local($0) }.bytes(coloured: isColoured) + [UInt8(ascii: "\n")])
            }
          }
        }
      }
    }
  }
}
