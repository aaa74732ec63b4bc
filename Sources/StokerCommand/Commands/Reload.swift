// stoker reload: apply the changes of the service file.

import ArgumentParser
import Stoker

extension StokerCommand {
  struct Reload: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Apply the changes of the service file.",
      discussion: """
        Unchanged services go on running. To see first which services would be restarted, and why:

          stoker reload --dry-run

        A service is restarted only if a setting of its process changed (command, environment, user, limits, log file, readiness); \
        a changed check, restart policy or dependency applies without a restart. A file with an error changes nothing.
        """)

    @Flag(help: "Show the changes, and apply none.")
    var dryRun = false

    @Flag(help: "Print the HTTP interface's answer.")
    var json = false

    @OptionGroup var connection: ConnectionOptions

    func run() throws {
      let isByFile = connection.address == nil
      // The file's faults are in Stoker's refusal.
      let connection = try connection.connection(warns: false)
      MainThread.run { [dryRun, json] in
        do {
          let answer = try await connection.post("/api/orchestration/reload\(dryRun ? "?dry_run=true" : "")", [:])
          if json { return Console.print(answer) }
          Console.print(Self.lines(answer).joined(separator: "\n"))
          for warning in answer["warnings"]?.array ?? [] { Console.report("warning: \(TerminalText.line(warning.string ?? ""))") }
        } catch var refusal as Failure where isByFile && refusal.answer?["error"]?.string == "bad_service_file" {
          refusal.status = .badServiceFile
          throw refusal
        }
      }
    }

    /// The answer's sentence, and a line for each change.
    static func lines(_ answer: JSON) -> [String] {
      let changes = (answer["changes"]?.array ?? []).compactMap { $0["sentence"]?.string.map(TerminalText.line) }
      let later = (answer["needs_new_start"]?.array ?? []).compactMap(\.string)
      let count = answer["unchanged"]?.array?.count ?? 0
      var lines = changes.map { "  \($0)" }
      if !changes.isEmpty, count > 0 { lines.append("  \(Phrase.count(count, "service")) unchanged") }
      lines += later.map { "  \($0): takes effect at the next start of Stoker" }
      return [answer["message"]?.string ?? "done"] + lines
    }
  }
}
