// NAME …: the services that a verb is for.

import ArgumentParser
import Stoker

struct ServiceArguments: ParsableArguments {
  @Argument(help: ArgumentHelp("The services, one after the other.", valueName: "name"))
  var names: [String]

  /// Asks for each name in turn: what was done goes to stdout, what was refused to stderr, and the rest still has its turn.
  /// - Throws: `ExitCode` if anything was refused; `Failure` where nobody answers.
  func each(_ ask: (String) async throws -> JSON) async throws {
    var isRefused = false
    for name in names {
      do {
        let answer = try await ask(name)
        Console.say(Self.message(answer, name))
      } catch let refusal as Failure where refusal.status == .failure {
        Console.complain(refusal.sentence)
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
