// NAME …: the services that a verb acts on.

import ArgumentParser
import Glibc
import Stoker

struct ServiceArguments: ParsableArguments {
  @Argument(help: ArgumentHelp("The services, one after the other.", valueName: "name"), completion: ServiceNames.completion)
  var names: [String]

  @Flag(help: "Print the HTTP interface's answers, one JSON object for each service, refusals included.")
  var json = false

  /// Requests the change for each name in turn. Answers go to stdout, refusals to stderr, and a refusal does not keep the next name from its
  /// turn. On a terminal the progress is shown meanwhile.
  /// - Throws: `ExitCode` if a change was refused; `Failure` where Stoker does not answer.
  func each(_ connection: Connection, _ ask: @escaping @Sendable (String) async throws -> JSON) async throws {
    var isRefused = false
    let progress = json ? nil : ChangeProgress(connection)
    for name in names {
      do {
        guard let progress else {
          let answer = try await ask(name)
          if json { Console.print(answer) } else { Console.print(Self.message(answer, name)) }
          continue
        }
        let (answer, wasShown) = try await progress.show(name) { try await ask(name) }
        // The progress line has just shown the same on this terminal.
        let isPlain = answer["message"]?.string?.hasSuffix("successfully") ?? false
        let isNews = !wasShown || isatty(STDOUT_FILENO) == 0 || !Self.others(answer).isEmpty || !isPlain
        if isNews { Console.print(Self.message(answer, name)) }
      } catch let refusal as Failure where refusal.status == .failure {
        if json, let answer = refusal.answer { Console.print(answer) } else { Console.report(refusal.sentence) }
        isRefused = true
      }
    }
    if isRefused { throw ExitCode(ExitStatus.failure.rawValue) }
  }

  /// The answer's own sentence, and the other services that were started or stopped.
  private static func message(_ answer: JSON, _ name: String) -> String {
    TerminalText.line(answer["message"]?.string ?? "\(name): done") + others(answer)
      + (answer["remembered"]?.bool == false ? "; it is not on the disk yet, and a Stoker that is killed now forgets it" : "")
  }

  private static func others(_ answer: JSON) -> String {
    [("also_started", "also started"), ("also_stopped", "also stopped")].map { key, verb in
      let others = (answer[key]?.array ?? []).compactMap(\.string)
      return others.isEmpty ? "" : " (\(verb): \(others.joined(separator: ", ")))"
    }.joined()
  }
}
