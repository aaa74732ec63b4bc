// NAME …: the services that a verb is for.

import ArgumentParser
import Stoker

struct ServiceArguments: ParsableArguments {
  @Argument(help: ArgumentHelp("The services, one after the other.", valueName: "name"), completion: ServiceNames.completion)
  var names: [String]

  @Flag(help: "Print the HTTP interface's answers, one JSON object a service, refusals too.")
  var json = false

  /// Asks for each name in turn: what was done goes to stdout, what was refused to stderr, and the rest still has its turn. A person at a
  /// terminal sees how it goes meanwhile.
  /// - Throws: `ExitCode` if anything was refused; `Failure` where nobody answers.
  func each(_ connection: Connection, _ ask: @escaping @Sendable (String) async throws -> JSON) async throws {
    var isRefused = false
    let progress = json ? nil : ChangeProgress(connection)
    for name in names {
      do {
        let answer = if let progress { try await progress.tell(name) { try await ask(name) } } else { try await ask(name) }
        if json { Console.say(answer) } else { Console.say(Self.message(answer, name)) }
      } catch let refusal as Failure where refusal.status == .failure {
        if json, let answer = refusal.answer { Console.say(answer) } else { Console.complain(refusal.sentence) }
        isRefused = true
      }
    }
    if isRefused { throw ExitCode(ExitStatus.failure.rawValue) }
  }

  /// The answer's own sentence, and who went along.
  private static func message(_ answer: JSON, _ name: String) -> String {
    var message = Table.printable(answer["message"]?.string ?? "\(name): done")
    for (key, verb) in [("also_started", "also started"), ("also_stopped", "also stopped")] {
      let others = (answer[key]?.array ?? []).compactMap(\.string)
      if !others.isEmpty { message += " (\(verb): \(others.joined(separator: ", ")))" }
    }
    return message
  }
}
