// stoker signal.

import ArgumentParser
import ServiceFile
import Stoker

struct SignalCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "signal",
    abstract: "Send a signal to services.",
    discussion: """
      To the main process of each, and nothing else follows from it: a service that ends by it has ended by itself, and its restart \
      policy decides. To stop a service, use 'stoker stop'.

        stoker signal USR1 nginx
      """)

  @Flag(help: "To every process of the service, not to the main process alone.")
  var allProcesses = false

  @OptionGroup var connection: ConnectionOptions

  @Argument(help: ArgumentHelp("The signal: HUP, SIGUSR1, RTMIN+3, 12.", valueName: "signal"))
  var signal: String

  @Argument(
    help: ArgumentHelp("The services, one after the other: \(ServiceSelection.help).", valueName: "name"),
    completion: ServiceNames.completion)
  var names: [String]

  @Flag(help: "Print the HTTP interface's answers, one JSON object for each service, refusals included.")
  var json = false

  func validate() throws {
    guard SignalName.number(of: signal) == nil else { return }
    throw ValidationError("'\(signal)' is no signal: the signal comes first, such as 'stoker signal HUP nginx'")
  }

  func run() throws {
    let connection = try connection.connection()
    let body: JSON = ["signal": .string(signal), "scope": .string(allProcesses ? "group" : "process")]
    let changes = ServiceChanges(names: names, json: json)
    MainThread.run {
      try await changes.each(connection) { try await connection.post(Connection.path("signal", $0), body) }
    }
  }
}
