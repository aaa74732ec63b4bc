// The pager of the live screen: details, an explanation, a log or the help as text that scrolls.

/// Lines, and the visible part of them.
struct Pager: Sendable, Equatable {
  enum Kind: Sendable, Equatable {
    case details, why, logs, help
  }

  var kind: Kind
  /// The service; empty for the help.
  var name: String
  private(set) var lines: [StyledText] = []
  /// The last line of a log whose end has not come yet.
  private var incomplete: StyledText?
  /// The first visible line.
  private(set) var top = 0
  /// The number of columns that are scrolled out at the left.
  private(set) var left = 0
  /// Whether the last line stays visible when lines are added.
  private(set) var follows: Bool

  /// Most lines that are kept of a log.
  private static let bound = 5000

  init(_ kind: Kind, _ name: String = "", lines: [StyledText] = []) {
    self.kind = kind
    self.name = name
    self.lines = lines
    follows = kind == .logs
  }

  var title: String {
    switch kind {
    case .details: name
    case .why: "why is \(name) in this state?"
    case .logs: "log of \(name)\(follows ? ", following" : "")"
    case .help: "help"
    }
  }

  /// Replaces the text; the scroll position stays.
  mutating func show(_ new: [StyledText]) {
    lines = new
  }

  mutating func append(_ new: [StyledText], _ incomplete: StyledText?) {
    lines += new
    self.incomplete = incomplete
    let surplus = lines.count - Self.bound
    guard surplus > 0 else { return }
    lines.removeFirst(surplus)
    top = max(0, top - surplus)
  }

  /// The visible part in so many rows.
  func visible(rows: Int, columns: Int) -> [StyledText] {
    let lines = lines + [incomplete].compactMap(\.self)
    if lines.isEmpty { return [StyledText(kind == .logs ? " nothing has been written yet" : " reading …", .faint).cut(to: columns)] }
    let first = follows ? max(0, lines.count - rows) : min(top, max(0, lines.count - rows))
    return lines.dropFirst(first).prefix(rows).map { line in
      guard left > 0 else { return line.cut(to: columns) }
      return StyledText(String(line.plain.dropFirst(left))).cut(to: columns)
    }
  }

  /// Scrolls; false for a key without a meaning in a pager.
  mutating func take(_ key: Key, rows: Int) -> Bool {
    let last = max(0, lines.count - rows)
    let present = follows ? last : min(top, last)
    switch key {
    case .up, .character("k"): scroll(to: present - 1, last)
    case .down, .character("j"): scroll(to: present + 1, last)
    case .pageUp, .control("b"): scroll(to: present - max(1, rows - 1), last)
    case .pageDown, .control("f"), .character(" "): scroll(to: present + max(1, rows - 1), last)
    case .home, .character("g"): scroll(to: 0, last)
    case .end, .character("G"): scroll(to: last, last)
    case .left: left = max(0, left - 8)
    case .right: left += 8
    default: return false
    }
    return true
  }

  private mutating func scroll(to line: Int, _ last: Int) {
    top = min(max(0, line), last)
    follows = kind == .logs && top == last
  }
}
