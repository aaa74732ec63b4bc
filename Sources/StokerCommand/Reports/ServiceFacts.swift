// The facts about one service as titled lines: for `status NAME`, and for the details in `top`.

import Orchestration
import Stoker

/// An answer of `GET /service/{name}` for a reader.
struct ServiceFacts {
  let service: JSON
  /// Seconds since 1970.
  let now: Double

  /// The columns of a title.
  private static let titleWidth = 13

  /// The facts, and the last checks. `width`: the columns of the terminal; nil without one.
  func lines(width: Int?) -> [StyledText] {
    titled(rows, width: width) + checks()
  }

  /// The state and the health in a line, with what matters now below it; then all facts.
  func report(width: Int?) -> [StyledText] {
    let name = service["service"]?.string ?? "?"
    return [StyledText(name, .strong) + StyledText(": ") + state(of: service)] + titled(present + rows, width: width) + checks()
  }

  /// `running, healthy` in their colours, of a service or of one of its dependencies.
  private func state(of service: JSON) -> StyledText {
    let shown = ShownHealth(service)
    let status = service["status"]?.string ?? "?"
    var text = StyledText(status, Status(rawValue: status).map(shown.style(of:)) ?? .plain)
    text.append(", ")
    text.append(shown.word, shown.style)
    return text
  }

  // MARK: Rows

  private typealias Row = (title: String, text: String?)

  /// Its present state, and the reason for it.
  private var present: [Row] {
    let next = time("next_attempt").map { "restarts \(Age.until($0 - now))" }
    let waits = (service["waits_for"]?.array ?? []).compactMap { wait in
      wait["name"]?.string.map { name in wait["condition"]?.string.map { "\(name) (\($0))" } ?? name }
    }
    return [
      ("since", time("since").map { "\(TimeOfDay.moment($0, now: now)) (\(Age.short(now - $0)))" }),
      ("next", next),
      ("note", service["note"]?.string),
      ("waits for", waits.joined(separator: ", ")),
      ("root cause", service["root_cause"]?["sentence"]?.string),
    ]
  }

  private var rows: [Row] {
    let attempts = number("restart_attempts") ?? 0
    let limit = number("restart_limit").map { "of \($0)" } ?? "without a limit"
    let pid = number("pid").map { pid in
      let run = number("run").map { ", run \($0)" } ?? ""
      return "\(pid)\(run)" + (time("run_started_at").map { ", for \(Age.short(now - $0))" } ?? "")
    }
    let enabled = service["enabled"]?.bool == false ? ", disabled" : ""
    return [
      ("about", service["description"]?.string),
      ("kind", service["kind"]?.string.map { $0 + (service["is_critical"]?.bool == true ? ", critical" : "") + enabled }),
      ("version", service["version"]?.string),
      ("labels", pairs("labels", joinedBy: "=")),
      ("pid", pid),
      ("says", service["said"]?.string),
      ("restarts", "\(number("restart_count") ?? 0) in all; \(attempts) automatic ones in a row, \(limit)"),
      ("last error", service["last_error"]?.string.map { error in time("last_error_at").map { "\(ago($0)): \(error)" } ?? error }),
      ("requires", dependencies("required")), ("uses", dependencies("optional")),
      ("needed by", names("dependents").joined(separator: ", ")),
      ("layer", service["dependencies"]?["layer"]?.number.map { String(Int($0)) }),
      ("endpoints", pairs("endpoints", joinedBy: " ")),
      ("log", service["log"]?["path"]?.string),
      ("last line", lastLine),
    ]
  }

  private var lastLine: String? {
    guard let output = service["last_output"], let text = output["text"]?.string else { return service["output_refusal"]?.string }
    let facts = [output["stream"]?.string, output["at"]?.string.flatMap(Age.seconds(rfc3339:)).map(ago)].compactMap(\.self)
    return "\(facts.joined(separator: ", ")): \(text)"
  }

  /// The names of its dependencies, with their states where the answer has them.
  private func dependencies(_ key: String) -> String {
    let states = Dictionary(
      (service["dependencies"]?["states"]?.array ?? []).map { ($0["name"]?.string ?? "", state(of: $0).plain) },
      uniquingKeysWith: { first, _ in first })
    return names(key).map { name in states[name].map { "\(name) (\($0))" } ?? name }.joined(separator: ", ")
  }

  private func names(_ key: String) -> [String] { (service["dependencies"]?[key]?.array ?? []).compactMap(\.string) }

  private func pairs(_ key: String, joinedBy sign: String) -> String {
    (service[key]?.members ?? []).map { "\($0.name)\(sign)\($0.value.string ?? "")" }.joined(separator: ", ")
  }

  private func number(_ key: String) -> Int? { service[key]?.number.map { Int($0) } }

  private func time(_ key: String) -> Double? { service[key]?.string.flatMap(Age.seconds(rfc3339:)) }

  private func ago(_ time: Double) -> String { "\(Age.short(now - time)) ago" }

  /// A line for each row that has a text, on lines of at most `width` columns.
  private func titled(_ rows: [Row], width: Int?) -> [StyledText] {
    var lines: [StyledText] = []
    for case (let title, let text?) in rows where !text.isEmpty {
      let indent = String(repeating: " ", count: Self.titleWidth)
      let whole = indent + TerminalText.line(text)
      let parts = if let width { TextWidth.wrapped(whole, to: width - 1, indent: indent) } else { [whole] }
      for (index, line) in parts.enumerated() {
        let head = index == 0 ? TextWidth.padded(" \(title)", to: Self.titleWidth) : indent
        lines.append(StyledText(head, .faint) + StyledText(String(line.dropFirst(Self.titleWidth))))
      }
    }
    return lines
  }

  // MARK: Checks

  private func checks() -> [StyledText] {
    let last = (service["health_history"]?.array ?? []).suffix(5).reversed()
    guard !last.isEmpty else { return [] }
    var lines = [StyledText(), StyledText(" Last checks", .strong)]
    for check in last {
      let passed = check["passed"]?.bool ?? false
      var line = StyledText("   \(Self.ago(check["timestamp"], now))  ", .faint)
      line.append(passed ? "passed" : "failed", passed ? .good : .bad)
      if let time = check["response_time_ms"]?.number { line.append("  \(Phrase.tenths(time)) ms", .faint) }
      line.append("  \(check["message"]?.string ?? "")")
      lines.append(line)
    }
    return lines
  }

  /// `  4s ago`, for columns.
  static func ago(_ time: JSON?, _ now: Double) -> String {
    let age = time?.string.flatMap(Age.seconds(rfc3339:)).map { "\(Age.short(now - $0)) ago" } ?? "?"
    return TextWidth.padded(age, to: 11, atRight: true)
  }
}
