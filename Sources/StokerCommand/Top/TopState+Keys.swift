// The keys of the live screen.

extension TopState {
  /// The keys for the footer, the most important first, and for the help.
  static let keys: [(keys: String, short: String, help: String)] = [
    ("↑↓", "move", "select a service (also j and k, Page Up and Page Down, Home and End)"),
    ("Enter", "details", "everything about the selected service: why, facts, dependencies, last runs"),
    ("w", "why", "why it is in the state it is in, down to the root cause"),
    ("l", "logs", "its output, line by line as it is written"),
    ("R", "restart", "restart it, after a question that names the other services affected"),
    ("S", "stop", "stop it, after a question that names the other services affected"),
    ("U", "start", "start it, after a question that names the services started with it"),
    ("/", "filter", "only services whose name contains the text, or whose state begins with it; Esc clears it"),
    ("t", "trouble", "only services in trouble, or all again"),
    ("< >", "sort", "sort by the previous or the next column"),
    ("r", "reverse", "sort the other way round"),
    ("?", "help", "this help"),
    ("q", "quit", "leave (also Ctrl-C); Ctrl-Z suspends"),
  ]

  mutating func take(_ key: Key) -> [Effect] {
    switch key {
    case .control("c"): return [.quit]
    case .control("z"): return [.suspend]
    case .control("l"): return [.repaint, .readAgain]
    default: break
    }
    if confirmation != nil { return takeAnswer(key) }
    if isTyping {
      takeTyping(key)
      return []
    }
    if pager != nil { return takeInPager(key) }
    return takeOnTable(key)
  }

  /// Only an offered key changes anything; every other key means no.
  private mutating func takeAnswer(_ key: Key) -> [Effect] {
    guard let asked = confirmation else { return [] }
    confirmation = nil
    guard case .character(let letter) = key, let choice = asked.choices.first(where: { $0.key == letter }) else {
      answer = ("nothing was changed", true, now)
      return []
    }
    answer = ("\(choice.command.name): \(choice.command.verb.rawValue) requested …", true, now)
    return [.perform(choice.command)]
  }

  private mutating func takeTyping(_ key: Key) {
    switch key {
    case .enter: isTyping = false
    case .escape:
      isTyping = false
      filter = ""
    case .backspace: if filter.isEmpty { isTyping = false } else { filter.removeLast() }
    case .control("u"): filter = ""
    case .character(let letter): filter.append(letter)
    case .up: move(by: -1)
    case .down: move(by: 1)
    default: break
    }
    relist()
  }

  private mutating func takeInPager(_ key: Key) -> [Effect] {
    let rows = pagerRows
    if pager?.take(key, rows: rows) == true { return [] }
    switch key {
    case .escape, .character("q"), .backspace:
      pager = nil
      return [.close]
    case .character("?") where pager?.kind == .help, .enter where pager?.kind == .details, .character("w") where pager?.kind == .why,
      .character("l") where pager?.kind == .logs:
      pager = nil
      return [.close]
    case .enter, .character("w"), .character("l"), .character("R"), .character("S"), .character("U"), .character("?"):
      return takeOnTable(key)
    default: return []
    }
  }

  private mutating func takeOnTable(_ key: Key) -> [Effect] {
    switch key {
    case .up, .character("k"): move(by: -1)
    case .down, .character("j"): move(by: 1)
    case .pageUp, .control("b"): move(by: -max(1, tableRows - 1))
    case .pageDown, .control("f"): move(by: max(1, tableRows - 1))
    case .home, .character("g"): move(to: 0)
    case .end, .character("G"): move(to: listed.count - 1)
    case .character("<"): sort(by: -1)
    case .character(">"): sort(by: 1)
    case .character("r"):
      isReversed.toggle()
      relist()
    case .character("t"):
      onlyTrouble.toggle()
      relist()
    case .character("/"): isTyping = true
    case .escape:
      filter = ""
      onlyTrouble = false
      relist()
    case .character("q"): return [.quit]
    case .character("?"):
      pager = Pager(.help, lines: helpLines)
      return [.close]
    case .enter: return open(.details)
    case .character("w"): return open(.why)
    case .character("l"): return open(.logs)
    case .character("R"): ask(.restart)
    case .character("S"): ask(.stop)
    case .character("U"): ask(.start)
    default: break
    }
    return []
  }

  private mutating func sort(by distance: Int) {
    let all = Column.sortable
    let present = all.firstIndex(of: sorted) ?? 0
    sorted = all[(present + distance + all.count) % all.count]
    isReversed = false
    relist()
  }

  private mutating func open(_ kind: Pager.Kind) -> [Effect] {
    guard let row = chosenRow else { return [] }
    // The service stays selected while its pager is open.
    move(by: 0)
    pager = Pager(kind, row.name)
    return [.open(kind, row.name)]
  }

  private mutating func ask(_ verb: Confirmation.Verb) {
    guard let row = chosenRow else { return }
    guard row.kind != "external" else {
      answer = ("\(row.name) is external: Stoker does not start it, so it cannot \(verb.rawValue) it", false, now)
      return
    }
    move(by: 0)
    confirmation = Confirmation(verb, row, dependencies, node.rows)
    scroll()
  }
}
