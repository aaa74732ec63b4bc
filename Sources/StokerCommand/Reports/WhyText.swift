// An explanation as indented lines.

import Stoker

enum WhyText {
  /// An answer of `GET /service/{name}/why`: the sentence, the tree of causes, and advice.
  /// - Parameters:
  ///   - now: Seconds since 1970.
  ///   - options: The options with which a suggested command reaches the same Stoker: ` --config x.yaml`.
  static func lines(_ answer: JSON, now: Double, options: String = "") -> [String] {
    var lines = [printable(answer["sentence"]) ?? "no explanation"]
    lines += facts(answer, now: now).map { "  \($0)" }
    lines += causes(of: answer, now: now)
    let advice = (answer["advice"]?.array ?? []).compactMap(printable).map { $0.hasPrefix("stoker ") ? $0 + options : $0 }
    if !advice.isEmpty {
      lines += ["", "What you can do:"] + advice.map { "  \($0)" }
    }
    if let refusal = printable(answer["output_refusal"]) { lines += ["", refusal] }
    return lines
  }

  /// The lines on lines of at most `width` columns, but for commands, which are copied.
  static func wrapped(_ lines: [String], to width: Int) -> [String] {
    lines.flatMap { line in
      let indent = String(line.prefix { $0 == " " || $0 == "-" }.map { _ in " " as Character })
      return line.hasPrefix("  stoker ") ? [line] : TextWidth.wrapped(line, to: width, indent: indent)
    }
  }

  /// The causes below `node`, each indented below its effect. An explicit stack, since a chain can be as long as the file.
  private static func causes(of node: JSON, now: Double) -> [String] {
    var lines: [String] = []
    var rest = (node["causes"]?.array ?? []).reversed().map { (cause: $0, depth: 1) }
    while let (cause, depth) = rest.popLast() {
      let indent = String(repeating: "  ", count: depth)
      lines.append("\(indent)- \(printable(cause["sentence"]) ?? "?")")
      lines += facts(cause, now: now).map { "\(indent)    \($0)" }
      rest += (cause["causes"]?.array ?? []).reversed().map { ($0, depth + 1) }
    }
    return lines
  }

  /// Facts that the sentence may leave out: the time in the state, the next attempt, the last failures.
  private static func facts(_ node: JSON, now: Double) -> [String] {
    var facts: [String] = []
    if let status = node["status"]?.string {
      let health = ShownHealth(node)
      let since = node["since"]?.string.flatMap(Age.seconds(rfc3339:))
      let parts = [
        "\(status)\(since.map { " for \(Age.short(now - $0))" } ?? "")",
        health.isHeldUp ? nil : "\(health.isBare ? "" : "health ")\(health.word)",
        since.map { "since \(TimeOfDay.moment($0, now: now))" },
      ]
      facts.append(parts.compactMap(\.self).joined(separator: ", "))
    }
    if let next = node["next_attempt"]?.string.flatMap(Age.seconds(rfc3339:)) {
      facts.append("next attempt \(Age.until(next - now))")
    }
    if let attempts = node["restart_attempts"]?.number, attempts > 0 {
      let limit = node["restart_limit"]?.number.map { " of \(Int64($0))" } ?? ""
      facts.append("\(Int64(attempts))\(limit) \((node["restart_limit"]?.number ?? attempts) == 1 ? "restart" : "restarts") used")
    }
    if let error = printable(node["last_error"]) {
      facts.append("last error\(age(node["last_error_at"], now: now).map { ", \($0)" } ?? ""): \(error)")
    }
    for failure in node["last_failures"]?.array ?? [] {
      facts.append("\(age(failure["timestamp"], now: now) ?? "failed check"): \(printable(failure["message"]) ?? "failed")")
    }
    return facts
  }

  private static func age(_ time: JSON?, now: Double) -> String? {
    time?.string.flatMap(Age.seconds(rfc3339:)).map { "\(Age.short(now - $0)) ago" }
  }

  private static func printable(_ value: JSON?) -> String? {
    value?.string.map(TerminalText.line)
  }
}
