// The state of `stoker top`, without terminal, clock or network: inputs go in, effects come out, `frame` is the screen.

import Orchestration
import Stoker

/// The state of the screen.
struct TopState: Sendable {
  /// A request to the driver.
  enum Effect: Sendable, Equatable {
    case quit, suspend, repaint, readAgain
    /// Shows a service's pager: its text is read, and read again while it is open.
    case open(Pager.Kind, String)
    /// Ends the reading for the pager.
    case close
    case perform(Confirmation.Command)
  }

  /// An input from the driver.
  enum Input: Sendable {
    case key(Key)
    case resize(TerminalSize)
    /// Time has passed.
    case tick
    case services(ServicesAnswer)
    case dependencies(DependenciesAnswer)
    case event(ServiceEvent)
    case connected
    case lost(String)
    /// The text of the open pager.
    case text(Pager.Kind, String, [StyledText])
    /// More lines of a log, and the last one if its end has not come yet.
    case more(String, [StyledText], StyledText?)
    case done(String, isGood: Bool)
  }

  var node = NodeState()
  var dependencies = DependenciesAnswer()
  var size: TerminalSize
  /// Seconds since 1970.
  var now: Double
  var address = ""

  var sorted = Column.name
  var isReversed = false
  var filter = ""
  var isTyping = false
  var onlyTrouble = false
  var pager: Pager?
  var confirmation: Confirmation?
  /// The message in the footer: for a while the answer to a requested change, or else the last event.
  var answer: (text: String, isGood: Bool, at: Double)?
  var lastEvent: ServiceEvent?
  /// The time and the reason of a lost connection.
  var lost: (since: Double, reason: String)?
  var hasRead = false

  /// The listed rows in order; kept, since they are needed more often than they change.
  private(set) var listed: [ServiceRow] = []
  /// The width of their widest name.
  private(set) var nameWidth = 0
  /// The name of the selected service, so that it stays selected when the order changes.
  private(set) var chosen: String?
  private(set) var offset = 0
  private var chosenIndex = 0
  /// Whether the user has moved the selection; until then it is the first line.
  private var hasChosen = false

  init(size: TerminalSize, now: Double) {
    self.size = size
    self.now = now
  }

  mutating func take(_ input: Input, at now: Double) -> [Effect] {
    self.now = now
    switch input {
    case .key(let key): return take(key)
    case .resize(let size): self.size = size
    case .tick: break
    case .services(let answer):
      node.replace(with: answer, at: now)
      hasRead = true
      lost = nil
      relist()
    case .dependencies(let dependencies): self.dependencies = dependencies
    case .event(let event):
      node.apply(event)
      if event.kind != "hello" { lastEvent = event }
      relist()
      if event.asksForReading { return [.readAgain] }
    case .connected:
      lost = nil
      return [.readAgain]
    case .lost(let reason): lost = lost ?? (now, reason)
    case .text(let kind, let name, let lines): if pager?.kind == kind, pager?.name == name { pager?.show(lines) }
    case .more(let name, let lines, let incomplete):
      if pager?.kind == .logs, pager?.name == name { pager?.append(lines, incomplete) }
    case .done(let text, let isGood): answer = (text, isGood, now)
    }
    return []
  }

  /// Filters and sorts again. The selected service stays selected; if it is not listed any more, the one in its place.
  mutating func relist() {
    let filter = filter.lowercased()
    listed = node.rows.values.filter { row in
      (!onlyTrouble || row.isTroubled)
        && (filter.isEmpty || row.name.lowercased().contains(filter) || row.status.rawValue.hasPrefix(filter))
    }
    nameWidth = listed.reduce(0) { max($0, TextWidth.of($1.name)) }
    listed.sort { isReversed ? sorted.precedes($1, $0) : sorted.precedes($0, $1) }
    if !hasChosen {
      choose(0)
    } else if let index = listed.firstIndex(where: { $0.name == chosen }) {
      chosenIndex = index
    } else {
      choose(min(chosenIndex, listed.count - 1))
    }
    scroll()
  }

  var chosenRow: ServiceRow? {
    listed.indices.contains(chosenIndex) ? listed[chosenIndex] : nil
  }

  private mutating func choose(_ index: Int) {
    chosenIndex = max(0, min(index, listed.count - 1))
    chosen = chosenRow?.name
    scroll()
  }

  mutating func move(to index: Int) {
    hasChosen = true
    choose(index)
  }

  mutating func move(by distance: Int) {
    move(to: chosenIndex + distance)
  }

  /// Scrolls so that the selected line is visible, and no line is empty while there are services for it.
  mutating func scroll() {
    let rows = max(1, tableRows)
    offset = min(offset, chosenIndex)
    offset = max(offset, chosenIndex - rows + 1)
    offset = max(0, min(offset, listed.count - rows))
  }
}
