// NAME …: the services that a verb is for.

import ArgumentParser
import Glibc
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
        guard let progress else {
          let answer = try await ask(name)
          if json { Console.say(answer) } else { Console.say(Self.message(answer, name)) }
          continue
        }
        let (answer, wasTold) = try await progress.tell(name) { try await ask(name) }
        // Who has just read it on the same terminal need not read it twice.
        let isNews = !wasTold || isatty(STDOUT_FILENO) == 0 || !Self.others(answer).isEmpty
        if isNews { Console.say(Self.message(answer, name)) }
      } catch let refusal as Failure where refusal.status == .failure {
        if json, let answer = refusal.answer { Console.say(answer) } else { Console.complain(refusal.sentence) }
        isRefused = true
      }
    }
    if isRefused { throw ExitCode(ExitStatus.failure.rawValue) }
  }

  /// The answer's own sentence, and who went along.
  private static func message(_ answer: JSON, _ name: String) -> String {
    Table.printable(answer["message"]?.string ?? "\(name): done") + others(answer)
  }

  private static func others(_ answer: JSON) -> String {
    [("also_started", "also started"), ("also_stopped", "also stopped")].map { key, verb in
      let others = (answer[key]?.array ?? []).compactMap(\.string)
      return others.isEmpty ? "" : " (\(verb): \(others.joined(separator: ", ")))"
    }.joined()
  }
}
