// stoker reload: apply what has changed in the service file, and nothing else.

import ArgumentParser
import Stoker

extension StokerCommand {
  struct Reload: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Apply what has changed in the service file, and nothing else.",
      discussion: """
        Services that did not change are not touched. To see beforehand what would be restarted, and why:

          stoker reload --dry-run

        A service is restarted only if its process is no longer what the file says (command, environment, user, limits, log file, readiness); \
        a changed check, restart policy or dependency applies without. A file with an error changes nothing.
        """)

    @Flag(help: "Show what would be done, and do nothing.")
    var dryRun = false

    @Flag(help: "Print the HTTP interface's answer as it is.")
    var json = false

    @OptionGroup var connection: ConnectionOptions

    func run() throws {
      let connection = try connection.connection()
      Main.finish { [dryRun, json] in
        let answer = try await connection.post("/api/orchestration/reload\(dryRun ? "?dry_run=true" : "")", [:])
        Console.say(json ? String(decoding: answer.render(pretty: true), as: UTF8.self) : Self.lines(answer).joined(separator: "\n"))
      }
    }

    /// What was or would be done, a line each, and a sentence.
    static func lines(_ answer: JSON) -> [String] {
      let changes = (answer["changes"]?.array ?? []).compactMap { $0["sentence"]?.string.map(Table.printable) }
      let later = (answer["needs_new_start"]?.array ?? []).compactMap(\.string)
      let count = answer["unchanged"]?.array?.count ?? 0
      var lines = changes.map { "  \($0)" }
      if !changes.isEmpty, count > 0 { lines.append("  \(count == 1 ? "one service" : "\(count) services") unchanged") }
      lines += later.map { "  \($0): takes effect when Stoker is started the next time" }
      return [answer["message"]?.string ?? "done"] + lines
    }
  }
}
