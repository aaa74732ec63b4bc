// The details of one service as text: why, facts, its place in the graph, its last runs and checks.

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
    lines += ServiceFacts(service: service, now: now).lines(width: width)
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

  private func runs(now: Double, width: Int) -> [StyledText] {
    let runs = history?["history"]?.array ?? []
    guard !runs.isEmpty else { return [] }
    var lines = [StyledText(), StyledText(" Last runs", .strong)]
    if let refusal = history?["output_refusal"]?.string {
      let wrapped = TextWidth.wrapped("   \(TerminalText.line(refusal))", to: width - 1, indent: "   ")
      lines += wrapped.map { StyledText($0, .faint) }
    }
    for (position, run) in runs.enumerated() {
      var line = StyledText("   \(ServiceFacts.ago(run["started_at"], now))  ", .faint)
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
}
