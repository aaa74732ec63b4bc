// The screen as lines.

import Orchestration

extension TopState {
  /// All lines of the screen, from the top.
  var frame: [StyledText] {
    guard size.columns >= 20, size.rows >= 6 else { return [StyledText("too small").cut(to: size.columns)] }
    let top = head + (page.map { [StyledText(" \($0.title)", .title).fitted(to: size.columns)] } ?? [])
    let bottom = foot
    var body = page?.seen(rows: pageRows, columns: size.columns) ?? table
    let rows = size.rows - top.count - bottom.count
    body = Array(body.prefix(rows))
    return top + body + Array(repeating: StyledText(), count: rows - body.count) + bottom
  }

  /// The rows for services, below their titles.
  var tableRows: Int { size.rows - 2 - 1 - foot.count }

  /// The rows for a page's text, below its title.
  var pageRows: Int { max(1, size.rows - 2 - 1 - foot.count) }

  /// How the node is, and how many services are in which state.
  private var head: [StyledText] {
    var first = StyledText(" \(board.node.isEmpty ? "stoker" : board.node)  ", .strong)
    if hasRead {
      first.append(board.health.rawValue, board.health.ink)
      first.append(board.isReady ? ", ready" : ", not ready", board.isReady ? .good : .warning)
    }
    let clock = TimeOfDay.local(now, milliseconds: false)
    let state: StyledText
    if let lost {
      let age = Age.short(now - lost.since)
      state = StyledText("CONNECTION LOST \(age) ago, trying again ", .bad)
    } else {
      state = StyledText("\(hasRead ? "live" : "connecting …")  \(clock) ", .faint)
    }
    let room = size.columns - state.width
    var second = StyledText(" ")
    let count = board.rows.count
    second.append(count == 1 ? "one service: " : "\(count) services: ")
    for (index, sum) in board.sums.enumerated() {
      second.append(index == 0 ? "" : ", ")
      second.append("\(sum.count) \(sum.status.rawValue)", sum.status.ink)
    }
    if listed.count != count || !filter.isEmpty || onlyTrouble {
      let what = [onlyTrouble ? "troubled" : nil, filter.isEmpty ? nil : "'\(filter)'"].compactMap(\.self).joined(separator: " and ")
      second.append("; shown: \(listed.count)\(what.isEmpty ? "" : ", \(what)")", .busy)
    }
    let use = use
    let roomForUse = size.columns - use.width
    if second.width + 2 < roomForUse { second = second.fitted(to: roomForUse) + use }
    return [(room > 10 ? first.fitted(to: room) + state : state).cut(to: size.columns), second.cut(to: size.columns)]
  }

  /// What all services use together, as far as it is known.
  private var use: StyledText {
    let loads = board.rows.values.compactMap(\.load)
    let sizes = board.rows.values.compactMap(\.memory)
    guard !loads.isEmpty || !sizes.isEmpty else { return StyledText() }
    return StyledText("CPU \(Column.load(loads.reduce(0, +)))%  memory \(Column.size(sizes.reduce(0, +))) ", .faint)
  }

  private var table: [StyledText] {
    let seen = listed.dropFirst(offset).prefix(max(1, tableRows))
    let table = ServiceTable(seen, nameWidth: nameWidth, width: size.columns, now: now)
    var lines = [table.titles(sortedBy: sorted, isReversed: isReversed)]
    for row in seen {
      let line = table.line(row, isChosen: row.name == chosen)
      // What is not known to be true any more is not shown as if it were.
      lines.append(lost == nil || row.name == chosen ? line : line.inked(.faint))
    }
    if listed.isEmpty, hasRead {
      lines.append(StyledText(board.rows.isEmpty ? "  no services" : "  nothing to show; Esc shows all", .faint))
    }
    return lines
  }

  /// What was asked, what is typed, what came of it or what happened last; and the keys.
  private var foot: [StyledText] {
    if let question {
      var lines = TextWidth.wrapped(question.text, to: size.columns - 2).map { StyledText(" \($0)", .strong) }
      var choices = StyledText(" ")
      for choice in question.choices {
        choices.append(choice.key == "y" ? "y" : String(choice.key), .title)
        choices.append(": \(choice.meaning)  ")
      }
      choices.append("n", .title)
      choices.append(": no")
      lines = Array(lines.prefix(max(1, size.rows / 2)))
      return lines + [choices.cut(to: size.columns)]
    }
    let message: StyledText
    if isTyping {
      message = StyledText(" filter: ", .strong) + StyledText(filter) + StyledText("_", .busy)
    } else if let answer, now - answer.at < 8 {
      let lines = TextWidth.wrapped(answer.text, to: size.columns - 2).prefix(3)
      return lines.map { StyledText(" \($0)", answer.isGood ? .good : .bad) } + [keyLine]
    } else if let lost {
      message = StyledText(" \(lost.reason)", .bad)
    } else if let lastEvent {
      message = StyledText(" ") + lastEvent.line { TimeOfDay.local($0, milliseconds: false) }
    } else {
      message = StyledText()
    }
    return [message.cut(to: size.columns), keyLine]
  }

  /// As many keys as fit; the way out and the help always.
  private var keyLine: StyledText {
    if isTyping { return Self.line([("Enter", "keep"), ("Esc", "clear")], columns: size.columns) }
    let all = Self.keys.map { ($0.keys, $0.short) }
    guard page != nil else { return Self.line(all, columns: size.columns) }
    let onPages = ["w", "l", "R", "S", "U", "?"]
    return Self.line(
      [("Esc", "back"), ("↑↓", "scroll")] + all.filter { onPages.contains($0.0) }, columns: size.columns)
  }

  private static func line(_ keys: [(String, String)], columns: Int) -> StyledText {
    func width(_ keys: [(String, String)]) -> Int { keys.reduce(1) { $0 + $1.0.count + $1.1.count + 3 } }
    var shown = keys
    // From the end, but for the two that one needs when lost.
    while width(shown) > columns, let index = shown.lastIndex(where: { !["?", "q", "Esc"].contains($0.0) }) { shown.remove(at: index) }
    var line = StyledText(" ")
    for (key, meaning) in shown {
      line.append(key, .strong)
      line.append(" \(meaning)  ", .faint)
    }
    return line.cut(to: columns)
  }

  var helpLines: [StyledText] {
    let width = Self.keys.map { TextWidth.of($0.keys) }.max() ?? 0
    var lines = [StyledText()]
    for (keys, _, help) in Self.keys {
      let indent = String(repeating: " ", count: width + 4)
      for (index, text) in TextWidth.wrapped(indent + help, to: size.columns - 1, indent: indent).enumerated() {
        guard index == 0 else {
          lines.append(StyledText(text))
          continue
        }
        lines.append(StyledText("  \(TextWidth.padded(keys, to: width))", .strong) + StyledText(String(text.dropFirst(width + 2))))
      }
    }
    let marks: [(String, Ink, String)] = [
      ("●", .good, "running"), ("●", .warning, "degraded"), ("●", .bad, "unhealthy"), ("▲", .busy, "starting"), ("▼", .busy, "stopping"),
      ("…", .warning, "waiting"), ("↻", .warning, "in back-off"), ("✖", .bad, "failed"), ("✓", .faint, "completed"),
      ("○", .faint, "stopped"),
    ]
    lines.append(StyledText())
    var line = StyledText("  ")
    for (mark, ink, meaning) in marks {
      if line.width + meaning.count + 4 > size.columns {
        lines.append(line)
        line = StyledText("  ")
      }
      line.append(mark, ink)
      line.append(" \(meaning)  ")
    }
    lines.append(line)
    lines += [StyledText(), StyledText("  CPU% is of one processor; MEM is what is resident.", .faint)]
    return lines
  }
}
