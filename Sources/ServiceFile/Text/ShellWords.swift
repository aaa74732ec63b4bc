// Commands as a shell would read them: what a list has in vain, and the program of a simple line.
import Addresses

package enum ShellWords {
  /// The part of a shell's language that an argument is written in.
  package enum Speech: Sendable {
    case variable, home, pattern, `operator`

    /// Why it stays as it is, in a clause. The argument is not quoted: it may hold a value of the environment.
    package var text: String {
      switch self {
      case .variable:
        "a '$NAME' in a list is not replaced, since no shell runs; ${NAME} is, when the file is read, or write one line of text"
      case .home: "a '~' in a list is not replaced, since no shell runs; write the path in full, or the command as one line of text"
      case .pattern: "a '*' in a list is not replaced, since no shell runs; write the command as one line of text"
      case .operator: "an operator of the shell in a list is an argument like any other; write the command as one line of text"
      }
    }
  }

  private static let operators: Set<String> = ["|", "||", "&", "&&", ";", "<", ">", ">>", "2>", "2>>", "&>", "2>&1", ">&2", "1>&2"]

  /// The arguments of a command that only a shell would understand. An argument after `-c` or `-e` is a program of its own.
  package static func found(in command: [String]) -> [(element: Int, speech: Speech)] {
    var found: [(element: Int, speech: Speech)] = []
    for (element, argument) in command.enumerated() {
      if argument.hasPrefix("-"), argument.hasSuffix("c") || argument.hasSuffix("e"), !argument.hasPrefix("--") { break }
      if let speech = speech(of: argument) { found.append((element, speech)) }
    }
    return found
  }

  private static func speech(of argument: String) -> Speech? {
    if operators.contains(argument) { return .operator }
    // Text with blanks or quotes is meant for the program, which may have a language of its own.
    guard !argument.utf8.contains(where: { " \t\n'\"`\\{;^[".utf8.contains($0) }) else { return nil }
    if argument == "~" || argument.hasPrefix("~/") { return .home }
    if argument == "*" || argument.hasSuffix("/*") { return .pattern }
    var rest = argument.utf8[...]
    while let sign = rest.firstIndex(of: UInt8(ascii: "$")) {
      rest = rest[rest.index(after: sign)...]
      if let first = rest.first, !ASCII.isDigit(first), ASCII.isLetterOrDigit(or: "_")(first) { return .variable }
    }
    return nil
  }

  /// Words of the shell itself, with which a line does not name a program.
  private static let own: Set<String> = [
    ".", ":", "[", "alias", "bg", "break", "case", "cd", "command", "continue", "do", "done", "echo", "elif", "else", "esac", "eval",
    "exit",
    "export", "false", "fg", "fi", "for", "function", "getopts", "hash", "if", "jobs", "kill", "local", "printf", "pwd", "read", "readonly",
    "return", "set", "shift", "source", "test", "then", "time", "times", "trap", "true", "type", "ulimit", "umask", "unalias", "unset",
    "until",
    "wait", "while",
  ]

  /// The program of a line that does nothing but start one; nil where only a shell knows.
  package static func program(of line: String) -> String? {
    let plain = line.utf8.allSatisfy(ASCII.isLetterOrDigit(or: " ./_-+:,=@%"))
    guard plain else { return nil }
    var words = line.split(separator: " ")[...]
    if words.first == "exec" { words.removeFirst() }
    guard let word = words.first, !word.contains("="), !word.hasPrefix("-"), !own.contains(String(word)) else { return nil }
    return String(word)
  }
}
