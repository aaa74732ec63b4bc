// The options of `stoker logs` that select lines.

import ArgumentParser
import Linux
import Stoker

struct LogOptions: ParsableArguments {
  enum Stream: String, ExpressibleByArgument, CaseIterable, Sendable {
    case stdout, stderr
  }

  @Option(
    name: [.customShort("n"), .customLong("lines")],
    help: ArgumentHelp("Most lines of each service. (default: 100; with --since, all in memory)", valueName: "number"))
  var count: Int?

  @Option(help: ArgumentHelp("stdout or stderr alone.", valueName: "stream"))
  var stream: Stream?

  @Option(
    help: ArgumentHelp("Lines since then: 10m (ago), '2026-11-30 12:00' (here), or 2026-11-30T12:00:00Z.", valueName: "time"))
  var since: String?

  @Option(help: ArgumentHelp("Lines until then, in the same forms; ends --follow.", valueName: "time"))
  var until: String?

  @Option(help: ArgumentHelp("Lines that match a POSIX extended expression.", valueName: "pattern"))
  var grep: String?

  @Flag(help: "--grep takes capital and small letters alike.")
  var ignoreCase = false

  @Flag(name: .shortAndLong, help: "Put the time of each line before it, in UTC.")
  var timestamps = false

  func validate() throws {
    if let count, !(0...100_000).contains(count) {
      throw ValidationError("-n takes a number of lines from 0 to 100000, not \(count)")
    }
    for (name, text) in [("--since", since), ("--until", until)] {
      guard let text, Self.moment(text) == nil else { continue }
      throw ValidationError("\(name) takes \(MomentText.expectedLocally), not '\(TerminalText.line(text))'")
    }
    if let grep, let fault = PatternFault.ofCaller(grep) { throw ValidationError("--grep cannot be used as a pattern: \(fault)") }
    if ignoreCase, grep == nil { throw ValidationError("--ignore-case needs --grep") }
  }

  /// The moment since which lines are wanted.
  var beginning: Timestamp? { since.flatMap(Self.moment) }

  /// The query of a request, with its question mark.
  func query(follows: Bool) -> String {
    let values: [(String, String?)] = [
      ("tail", count.map(String.init)), ("stream", stream?.rawValue), ("since", beginning?.rfc3339),
      ("until", until.flatMap(Self.moment)?.rfc3339), ("grep", grep), ("ignore_case", ignoreCase ? "1" : nil),
      ("timestamps", timestamps ? "1" : nil), ("follow", follows ? "1" : nil),
    ]
    let pairs = values.compactMap { name, value in value.map { "\(name)=\(Connection.encoded($0))" } }
    return pairs.isEmpty ? "" : "?\(pairs.joined(separator: "&"))"
  }

  private static func moment(_ text: String) -> Timestamp? { MomentText.parse(text, now: .now, isLocal: true) }
}
