// The entry: parses the command line, runs the verb, and turns whatever goes wrong into one sentence and an exit code.

import ArgumentParser
import Glibc
import ServiceFile
import Synchronization

@main
enum Main {
  /// Not `async`: an asynchronous main would park the main thread in libdispatch, with every signal unblocked, so that SIGTERM ends the
  /// process whatever `run` has blocked. Here the main thread is ours: it waits for signals, or for the end.
  static func main() {
    // A reader that goes away (`stoker status | head -1`) is an error of write(2), not the end of the process.
    signal(SIGPIPE, SIG_IGN)
    // Where a standard descriptor is closed, the next thing opened would take its number, and be written into as if it were a terminal.
    for descriptor in Int32(0)...2 where fcntl(descriptor, F_GETFD) < 0 { _ = open("/dev/null", O_RDWR) }
    do {
      try refuseUnknownVerb()
      var command = try StokerCommand.parseAsRoot()
      try command.run()
    } catch {
      // A shell that completes a word wants no sentences between the letters that somebody types.
      if isCompleting, !StokerCommand.exitCode(for: error).isSuccess { Glibc.exit(ExitStatus.failure.rawValue) }
      end(with: error)
    }
  }

  private static var isCompleting: Bool { CommandLine.arguments.dropFirst().first == "---completion" }

  /// The parser would call it an unexpected argument, and not say which verb comes near.
  private static func refuseUnknownVerb() throws(Failure) {
    guard let word = CommandLine.arguments.dropFirst().first, !word.hasPrefix("-"), !StokerCommand.verbs.contains(word) else { return }
    let hint = Spelling.hint(for: word, among: StokerCommand.verbs)
    throw Failure(.usage, "there is no verb '\(Table.printable(word))'\(hint.isEmpty ? "; 'stoker --help' lists them" : hint)")
  }

  /// Runs `body` in a task while the main thread waits, then ends the process.
  static func finish(_ body: @escaping @Sendable () async throws -> Void) -> Never {
    Task {
      do {
        try await body()
        Glibc.exit(ExitStatus.success.rawValue)
      } catch {
        end(with: error)
      }
    }
    while true { pause() }
  }

  /// Runs `body` in a task while this thread waits for what it comes to; nil where the system has no pipe left to wait on.
  static func wait<Value: Sendable>(for body: @escaping @Sendable () async -> Value) -> Value? {
    let result = Outcome<Value>()
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { return nil }
    let (readEnd, writeEnd) = (ends[0], ends[1])
    Task {
      let value = await body()
      result.value.withLock { $0 = value }
      close(writeEnd)
    }
    // Its end is closed once the value is there.
    var byte: UInt8 = 0
    while read(readEnd, &byte, 1) < 0, errno == EINTR {}
    close(readEnd)
    return result.value.withLock { $0 }
  }

  private final class Outcome<Value: Sendable>: Sendable {
    let value = Mutex<Value?>(nil)
  }

  /// Says what went wrong, and ends the process.
  static func end(with error: any Error) -> Never {
    switch error {
    case let failure as Failure:
      for line in failure.details { Console.note(line) }
      Console.complain(failure.sentence)
      Glibc.exit(failure.status.rawValue)
    case let code as ExitCode:
      // What there was to say has been said.
      Glibc.exit(code.rawValue)
    default:
      let code = StokerCommand.exitCode(for: error)
      let message = StokerCommand.fullMessage(for: error)
      if code.isSuccess {
        Console.say(message)
      } else {
        Console.complain(message.hasPrefix("Error: ") ? String(message.dropFirst(7)) : message)
      }
      Glibc.exit(code.rawValue)
    }
  }
}
