// What each key does.

extension TopState {
  /// For the footer, the most important first, and for the help.
  static let keys: [(keys: String, short: String, help: String)] = [
    ("↑↓", "move", "choose a service (also j and k, Page Up and Page Down, Home and End)"),
    ("Enter", "details", "all of the chosen service: facts, why, dependencies, last runs"),
    ("w", "why", "why it is in the state it is in, down to the root cause"),
    ("l", "logs", "what it writes, as it writes it"),
    ("R", "restart", "restart it; says who else is affected, and asks"),
    ("S", "stop", "stop it; says who else is affected, and asks"),
    ("U", "start", "start it, bring it up; says what is started too, and asks"),
    ("/", "filter", "only services whose name contains, or whose state begins with, what is typed; Esc clears it"),
    ("t", "trouble", "only services that are not up and well, or all again"),
    ("< >", "sort", "sort by the column before or after"),
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
    if question != nil { return takeAnswer(key) }
    if isTyping {
      takeTyping(key)
      return []
    }
    if page != nil { return takeOnPage(key) }
    return takeOnTable(key)
  }

  /// Only what is offered changes anything; every other key means no.
  private mutating func takeAnswer(_ key: Key) -> [Effect] {
    guard let asked = question else { return [] }
    question = nil
    guard case .character(let letter) = key, let choice = asked.choices.first(where: { $0.key == letter }) else {
      answer = ("nothing was done", true, now)
      return []
    }
    answer = ("\(choice.command.name): \(choice.command.verb.rawValue) is asked for …", true, now)
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

  private mutating func takeOnPage(_ key: Key) -> [Effect] {
    let rows = pageRows
    if page?.take(key, rows: rows) == true { return [] }
    switch key {
    case .escape, .character("q"), .backspace:
      page = nil
      return [.close]
    case .character("?") where page?.kind == .help, .enter where page?.kind == .details, .character("w") where page?.kind == .why,
      .character("l") where page?.kind == .logs:
      page = nil
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
      page = Page(.help, lines: helpLines)
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

  private mutating func open(_ kind: Page.Kind) -> [Effect] {
    guard let row = chosenRow else { return [] }
    // While one looks at it, it stays the one.
    move(by: 0)
    page = Page(kind, row.name)
    return [.open(kind, row.name)]
  }

  private mutating func ask(_ verb: Question.Verb) {
    guard let row = chosenRow else { return }
    guard row.kind != "external" else {
      answer = ("\(row.name) is external: Stoker does not start it, so it cannot \(verb.rawValue) it", false, now)
      return
    }
    move(by: 0)
    question = Question(verb, row, kinship, board.rows)
    scroll()
  }
}
