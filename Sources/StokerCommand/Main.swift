// The entry: parses the command line, runs the verb, and turns every error into one sentence and an exit code.

import ArgumentParser
import Glibc
import ServiceFile

@main
enum Main {
  /// Not `async`: an asynchronous main would park the main thread in libdispatch, with every signal unblocked, so that SIGTERM would end
  /// the process although `run` blocks it. Here the main thread is ours: it waits for signals, or for the end.
  static func main() {
    // A reader that goes away (`stoker status | head -1`) is an error of write(2), not the end of the process.
    signal(SIGPIPE, SIG_IGN)
    // A closed standard descriptor would go to the next file that is opened, and our lines would be written into that file.
    for descriptor in Int32(0)...2 where fcntl(descriptor, F_GETFD) < 0 { _ = open("/dev/null", O_RDWR) }
    do {
      try refuseUnknownVerb()
      var command = try StokerCommand.parseAsRoot()
      try command.run()
    } catch {
      // While a shell completes a word, an error message would appear in the middle of the line that is being typed.
      if isCompleting, !StokerCommand.exitCode(for: error).isSuccess { Glibc.exit(ExitStatus.failure.rawValue) }
      if error is Failure || error is ExitCode { MainThread.end(with: error) }
      end(withUsageOf: error)
    }
  }

  private static var isCompleting: Bool { CommandLine.arguments.dropFirst().first == "---completion" }

  /// The parser would report an unexpected argument, without the verb that comes nearest; after `help` it would pass over it.
  private static func refuseUnknownVerb() throws(Failure) {
    var words = CommandLine.arguments.dropFirst().prefix { !$0.hasPrefix("-") }
    let asksForHelp = words.first == "help" && words.count > 1
    if asksForHelp { words = words.dropFirst() }
    guard let word = words.first else { return }
    try refuse(word, of: StokerCommand.verbs)
    if asksForHelp, word == StokerCommand.Prometheus._commandName, let part = words.dropFirst().first {
      try refuse(part, of: StokerCommand.Prometheus.configuration.subcommands.map { $0._commandName })
    }
  }

  private static func refuse(_ word: String, of verbs: [String]) throws(Failure) {
    if verbs.contains(word) { return }
    if verbs == StokerCommand.verbs, let advice = OtherVerbs.advice(for: word) {
      throw Failure(.usage, "there is no verb '\(word)'; \(advice)")
    }
    let hint = Spelling.hint(for: word, among: verbs)
    throw Failure(.usage, "there is no verb '\(TerminalText.line(word))'\(hint.isEmpty ? "; 'stoker --help' lists them" : hint)")
  }

  /// Prints the parser's answer, which is a help text or the correct usage, and ends the process.
  private static func end(withUsageOf error: any Error) -> Never {
    let code = StokerCommand.exitCode(for: error)
    let message = StokerCommand.fullMessage(for: error)
    if code.isSuccess {
      Console.print(message)
    } else {
      Console.report(message.hasPrefix("Error: ") ? String(message.dropFirst(7)) : message)
    }
    Glibc.exit(code.rawValue)
  }
}
