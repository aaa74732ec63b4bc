// The report of a reload of the service file.

import Stoker

enum ReloadReport {
  /// Reloads the service file, and prints the changes.
  /// - Parameter isByFile: Whether Stoker was found through its file: then a bad file has an exit code of its own.
  static func file(_ connection: Connection, dryRun: Bool, json: Bool, isByFile: Bool) async throws {
    do {
      let answer = try await connection.post("/api/orchestration/reload\(dryRun ? "?dry_run=true" : "")", [:])
      if json { return Console.print(answer) }
      Console.print(lines(answer).joined(separator: "\n"))
      for warning in answer["warnings"]?.array ?? [] { Console.report("warning: \(TerminalText.line(warning.string ?? ""))") }
    } catch var refusal as Failure where isByFile && refusal.answer?["error"]?.string == "bad_service_file" {
      refusal.status = .badServiceFile
      throw refusal
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
