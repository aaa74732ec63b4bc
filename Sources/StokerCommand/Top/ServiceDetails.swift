// The details of one service as text: why, facts, its place in the graph, its last runs and checks.

import Orchestration
import Stoker

/// The interface's answers about one service.
struct ServiceDetails {
  /// `GET /service/{name}`
  var service: JSON
  /// `GET /service/{name}/why`
  var why: JSON
  /// `GET /service/{name}/history`; nil where no history is kept.
  var history: JSON?

  func lines(now: Double, width: Int) -> [StyledText] {
    var lines = Self.why(why, now: now, width: width)
    lines.append(StyledText())
    lines += facts(now: now, width: width)
    lines += checks(now: now)
    lines += runs(now: now, width: width)
    return lines
  }

  /// An explanation, in lines of at most `width` columns.
  static func why(_ answer: JSON, now: Double, width: Int) -> [StyledText] {
    var lines = [StyledText()]
    for (index, text) in WhyText.lines(answer, now: now).enumerated() {
      let indent = String(text.prefix { $0 == " " || $0 == "-" }.map { _ in " " as Character })
      let style: TextStyle = index == 0 ? .strong : text.hasPrefix("What you can do") ? .strong : .plain
      for line in TextWidth.wrapped(text, to: width - 2, indent: indent) { lines.append(StyledText(" \(line)", style)) }
    }
    return lines
  }

  private func facts(now: Double, width: Int) -> [StyledText] {
    func names(_ key: String) -> String? {
      let names = (service["dependencies"]?[key]?.array ?? []).compactMap(\.string)
      return names.isEmpty ? nil : names.joined(separator: ", ")
    }
    let attempts = Int(service["restart_attempts"]?.number ?? 0)
    let limit = service["restart_limit"]?.number.map { "of \(Int($0))" } ?? "without a limit"
    let restarts = Int(service["restart_count"]?.number ?? 0)
    let rows: [(String, String?)] = [
      ("about", service["description"]?.string),
      ("kind", service["kind"]?.string.map { $0 + (service["is_critical"]?.bool == true ? ", critical" : "") }),
      ("version", service["version"]?.string),
      ("pid", service["pid"]?.number.map { String(Int($0)) }),
      ("says", service["said"]?.string),
      ("restarts", "\(restarts) in all; \(attempts) automatic ones in a row, \(limit)"),
      (
        "last error",
        service["last_error"]?.string.map { error in
          service["last_error_at"]?.string.flatMap(Age.seconds(rfc3339:)).map { "\(Age.short(now - $0)) ago: \(error)" } ?? error
        }
      ),
      ("requires", names("required")), ("uses", names("optional")), ("needed by", names("dependents")),
      ("layer", service["dependencies"]?["layer"]?.number.map { String(Int($0)) }),
    ]
    var lines: [StyledText] = []
    for case (let title, let text?) in rows where !text.isEmpty {
      let indent = String(repeating: " ", count: 13)
      for (index, line) in TextWidth.wrapped(indent + TerminalText.line(text), to: width - 1, indent: indent).enumerated() {
        let head = index == 0 ? TextWidth.padded(" \(title)", to: 13) : indent
        lines.append(StyledText(head, .faint) + StyledText(String(line.dropFirst(13))))
      }
    }
    return lines
  }

  private func checks(now: Double) -> [StyledText] {
    let last = (service["health_history"]?.array ?? []).suffix(5).reversed()
    guard !last.isEmpty else { return [] }
    var lines = [StyledText(), StyledText(" Last checks", .strong)]
    for check in last {
      let passed = check["passed"]?.bool ?? false
      var line = StyledText("   \(Self.age(check["timestamp"], now))  ", .faint)
      line.append(passed ? "passed" : "failed", passed ? .good : .bad)
      if let time = check["response_time_ms"]?.number { line.append("  \(Phrase.tenths(time)) ms", .faint) }
      line.append("  \(check["message"]?.string ?? "")")
      lines.append(line)
    }
    return lines
  }

  private func runs(now: Double, width: Int) -> [StyledText] {
    let runs = history?["history"]?.array ?? []
    guard !runs.isEmpty else { return [] }
    var lines = [StyledText(), StyledText(" Last runs", .strong)]
    if let refusal = history?["output_refusal"]?.string {
      let wrapped = TextWidth.wrapped("   \(TerminalText.line(refusal))", to: width - 1, indent: "   ")
      lines += wrapped.map { StyledText($0, .faint) }
    }
    for (position, run) in runs.enumerated() {
      var line = StyledText("   \(Self.age(run["started_at"], now))  ", .faint)
      line.append("run \(run["run"]?.number.map { String(Int($0)) } ?? "?")")
      if let cause = run["cause"]?.string { line.append(", \(cause)", .faint) }
      switch run["outcome"]?.string {
      case "open" where position == 0: line.append(": goes on", .good)
      case "open": line.append(": its end is not known", .faint)
      case "ended":
        let time = run["run_seconds"]?.number.map { " after \(Age.short($0))" } ?? ""
        let isClean = run["exit_code"]?.number == 0
        line.append(": \(run["exit"]?.string ?? "ended")\(time)", isClean ? .plain : .bad)
      default: line.append(": \(run["stage"]?.string ?? "the start"): \(run["error"]?.string ?? "failed")", .bad)
      }
      lines.append(line)
      for text in (run["last_lines"]?.array ?? []).compactMap(\.string).suffix(3) {
        lines.append(StyledText("              \(text)", .faint))
      }
    }
    return lines
  }

  private static func age(_ time: JSON?, _ now: Double) -> String {
    let age = time?.string.flatMap(Age.seconds(rfc3339:)).map { "\(Age.short(now - $0)) ago" } ?? "?"
    return TextWidth.padded(age, to: 11, atRight: true)
  }
}
