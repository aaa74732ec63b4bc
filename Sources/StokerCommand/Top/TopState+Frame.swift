// The screen as lines.

import Orchestration

extension TopState {
  /// All lines of the screen, from the top.
  var frame: [StyledText] {
    guard size.columns >= 20, size.rows >= 6 else { return [StyledText("too small").cut(to: size.columns)] }
    let top = head + (pager.map { [StyledText(" \($0.title)", .title).fitted(to: size.columns)] } ?? [])
    let bottom = foot
    var body = pager?.visible(rows: pagerRows, columns: size.columns) ?? table
    let rows = size.rows - top.count - bottom.count
    body = Array(body.prefix(rows))
    return top + body + Array(repeating: StyledText(), count: rows - body.count) + bottom
  }

  /// The rows for services, below their titles.
  var tableRows: Int { size.rows - head.count - 1 - foot.count }

  /// The rows for a pager's text, below its title.
  var pagerRows: Int { max(1, size.rows - head.count - 1 - foot.count) }

  /// The node's health, the number of services of each health and in each state, and Stoker's own troubles.
  private var head: [StyledText] {
    var first = StyledText(" \(node.name.isEmpty ? "stoker" : node.name)  ", .strong)
    if hasRead {
      first.append(node.health.rawValue, node.health.style)
      first.append(node.isReady ? ", ready" : ", not ready", node.isReady ? .good : .warning)
    }
    let clock = TimeOfDay.zoned(now)
    let state: StyledText
    if let lost {
      let age = Age.short(now - lost.since)
      state = StyledText("CONNECTION LOST \(age) ago, trying again ", .bad)
    } else {
      state = StyledText("\(hasRead ? "live" : "connecting …")  \(clock) ", .faint)
    }
    let room = size.columns - state.width
    // The healths stand beside the node's, or below where that line is too short for them.
    let healths = hasRead ? self.healths : StyledText()
    let isWide = first.width + 2 + healths.width < room
    if isWide, healths.width > 0 { first = first + StyledText("; ") + healths }
    var second = StyledText(" ")
    let count = node.rows.count
    second.append("\(Phrase.count(count, "service")): ")
    for (index, sum) in node.sums.enumerated() {
      second.append(index == 0 ? "" : ", ")
      second.append("\(sum.count) \(sum.status.rawValue)", sum.status.style)
    }
    if listed.count != count || !filter.isEmpty || onlyTrouble {
      let what = [onlyTrouble ? "troubled" : nil, filter.isEmpty ? nil : "'\(filter)'"].compactMap(\.self).joined(separator: " and ")
      second.append("; shown: \(listed.count)\(what.isEmpty ? "" : ", \(what)")", .busy)
    }
    let use = use
    let roomForUse = size.columns - use.width
    if second.width + 2 < roomForUse { second = second.fitted(to: roomForUse) + use }
    var lines = [(room > 10 ? first.fitted(to: room) + state : state).cut(to: size.columns), second.cut(to: size.columns)]
    if !isWide, size.rows >= 16 { lines.append((StyledText(" ") + healths).cut(to: size.columns)) }
    return lines + trouble
  }

  /// The number of services of each health.
  private var healths: StyledText {
    var line = StyledText()
    for (index, sum) in node.healths.enumerated() {
      line.append(index == 0 ? "" : ", ")
      line.append("\(sum.count) \(sum.shown.word)", sum.shown.style)
    }
    return line
  }

  /// Stoker's own first trouble, on as many lines as it takes where there are enough, and the number of the others.
  private var trouble: [StyledText] {
    guard let trouble = node.troubles.first else { return [] }
    let more = node.troubles.count > 1 ? " (and \(node.troubles.count - 1) more)" : ""
    let wrapped = TextWidth.wrapped("Stoker: \(trouble)\(more)", to: size.columns - 2, indent: "  ")
    guard wrapped.count > max(1, size.rows / 6) else { return wrapped.map { StyledText(" \($0)", .bad).cut(to: size.columns) } }
    let width = max(8, size.columns - 9 - more.count)
    return [StyledText(" Stoker: \(TextWidth.cut(trouble, to: width))\(more)", .bad).cut(to: size.columns)]
  }

  /// The known processor time and memory of all services together.
  private var use: StyledText {
    let loads = node.rows.values.compactMap(\.load)
    let sizes = node.rows.values.compactMap(\.memory)
    guard !loads.isEmpty || !sizes.isEmpty else { return StyledText() }
    return StyledText("CPU \(Column.load(loads.reduce(0, +)))%  memory \(Column.size(sizes.reduce(0, +))) ", .faint)
  }

  private var table: [StyledText] {
    let seen = listed.dropFirst(offset).prefix(max(1, tableRows))
    let table = ServiceTable(seen, nameWidth: nameWidth, width: size.columns, now: now)
    var lines = [table.titles(sortedBy: sorted, isReversed: isReversed)]
    for row in seen {
      let line = table.line(row, isChosen: row.name == chosen)
      // After a lost connection the rows are out of date, and so are faint.
      lines.append(lost == nil || row.name == chosen ? line : line.styled(.faint))
    }
    if listed.isEmpty, hasRead {
      lines.append(StyledText(node.rows.isEmpty ? "  no services" : "  nothing to show; Esc shows all", .faint))
    }
    return lines
  }

  /// The confirmation, the filter, the last answer or the last event; and the keys.
  private var foot: [StyledText] {
    if let confirmation {
      var lines = TextWidth.wrapped(confirmation.text, to: size.columns - 2).map { StyledText(" \($0)", .strong) }
      var choices = StyledText(" ")
      for choice in confirmation.choices {
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

  /// As many keys as fit; always those for leaving and for help.
  private var keyLine: StyledText {
    if isTyping { return Self.line([("Enter", "keep"), ("Esc", "clear")], columns: size.columns) }
    let all = Self.keys.map { ($0.keys, $0.short) }
    guard pager != nil else { return Self.line(all, columns: size.columns) }
    let inPager = ["w", "l", "R", "S", "U", "?"]
    return Self.line(
      [("Esc", "back"), ("↑↓", "scroll")] + all.filter { inPager.contains($0.0) }, columns: size.columns)
  }

  private static func line(_ keys: [(String, String)], columns: Int) -> StyledText {
    func width(_ keys: [(String, String)]) -> Int { keys.reduce(1) { $0 + $1.0.count + $1.1.count + 3 } }
    var shown = keys
    // Removed from the end, except the keys for leaving and for help.
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
    let marks: [(String, TextStyle, String)] = [
      ("●", .good, "running"), ("●", .plain, "running, no check"), ("●", .warning, "degraded"), ("●", .bad, "unhealthy"),
      ("▲", .busy, "starting"), ("▼", .busy, "stopping"),
      ("…", .busy, "waiting"), ("↻", .warning, "in back-off"), ("✖", .bad, "failed"), ("✓", .faint, "completed"),
      ("○", .faint, "stopped"),
    ]
    lines.append(StyledText())
    var line = StyledText("  ")
    for (mark, style, meaning) in marks {
      if line.width + meaning.count + 4 > size.columns {
        lines.append(line)
        line = StyledText("  ")
      }
      line.append(mark, style)
      line.append(" \(meaning)  ")
    }
    lines.append(line)
    lines += [StyledText(), StyledText("  CPU% is of one processor; MEM is resident memory.", .faint)]
    return lines
  }
}
