// stoker events: changes, as they happen.

import ArgumentParser
import Glibc
import Stoker

extension StokerCommand {
  struct Events: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show changes as they happen.",
      discussion: """
        One line for each change of a service, of the node or of the service file, until Ctrl-C:

          stoker events
          stoker events --service betanet --service onion

        When the connection is lost, a line on stderr reports it, and the output resumes with the first missed event; after a restart of \
        Stoker, with the next event. For a program, --json prints each event as one line of JSON:

          stoker events --json | jq -r 'select(.kind == "gave_up") | .service'

        Earlier changes are in the log, and 'stoker why NAME' explains the current state.
        """)

    @OptionGroup var connection: ConnectionOptions

    @Option(
      name: .long, help: ArgumentHelp("Only events of these services; may be given several times.", valueName: "name"),
      completion: ServiceNames.completion)
    var service: [String] = []

    @Flag(name: .shortAndLong, help: "Accepted as for 'logs -f'; events are always followed until Ctrl-C.")
    var follow = false

    @Flag(help: "Print each event as one line of JSON.")
    var json = false

    @Flag(help: "Print control characters in a message as they are, instead of as \\x1b.")
    var raw = false

    func run() throws {
      let connection = try connection.connection()
      MainThread.run { [service, json, raw] in
        let services = try await ServiceSelection.with(service, connection) { names in
          // An unknown name has no events; the interface refuses it with the nearest name.
          for name in names { _ = try await connection.get(Connection.path("service", name)) }
          return names
        }
        let isColoured = Colours.areWanted(on: STDOUT_FILENO)
        let wasLost = AsyncFlag()
        try await EventFeed(connection, services: services).follow { update in
          switch update {
          case .lost(let reason):
            if wasLost.set() { Console.report("the connection is lost and is tried again every second: \(reason)") }
          case .connected:
            if wasLost.clear() { Console.report("connected again") }
          case .event(let event, let message):
            if json {
              Console.print(json: Array("\(message.data)\n".utf8))
            } else if raw {
              Console.print(raw: Array("\(event.rawLine { TimeOfDay.local($0) })\n".utf8))
            } else {
              Console.print(raw: event.line { TimeOfDay.local($0) }.bytes(coloured: isColoured) + [UInt8(ascii: "\n")])
            }
          }
        }
      }
    }
  }
}
