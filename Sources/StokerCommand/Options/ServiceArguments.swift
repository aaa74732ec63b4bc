// NAME …: the services that a verb acts on.

import ArgumentParser
import Stoker

struct ServiceArguments: ParsableArguments {
  @Argument(
    help: ArgumentHelp("The services, one after the other: \(ServiceSelection.help).", valueName: "name"),
    completion: ServiceNames.completion)
  var names: [String] = []

  @Flag(help: "All services at once, in the order of their dependencies.")
  var all = false

  @Flag(help: "Print the HTTP interface's answers, one JSON object for each service, refusals included.")
  var json = false

  func validate() throws {
    if all, !names.isEmpty { throw ValidationError("--all means all services: leave out their names, or --all") }
    if !all, names.isEmpty { throw ValidationError("name the services, or give --all for all of them") }
  }

  /// Requests the change for all services at once. One that failed is an error of its own.
  /// - Throws: `ExitCode` if a change failed; `Failure` where Stoker refuses it all, or does not answer.
  func toAll(_ ask: () async throws -> JSON) async throws {
    let answer: JSON
    do {
      answer = try await ask()
    } catch let refusal as Failure where refusal.status == .failure && refusal.answer?["services"] != nil {
      let rows = refusal.answer?["services"]?.array ?? []
      if json, let answer = refusal.answer { Console.print(answer) } else { Console.report(refusal.sentence) }
      for row in rows where !json && row["success"]?.bool == false {
        Console.report(TerminalText.line("\(row["service"]?.string ?? ""): \(row["message"]?.string ?? "failed")"))
      }
      throw ExitCode(ExitStatus.failure.rawValue)
    }
    if json { Console.print(answer) } else { Console.print(ServiceChanges.message(answer, "all")) }
  }

  /// Requests the change for each name in turn.
  func each(_ connection: Connection, _ ask: @escaping @Sendable (String) async throws -> JSON) async throws {
    try await ServiceChanges(names: names, json: json).each(connection, ask)
  }
}
