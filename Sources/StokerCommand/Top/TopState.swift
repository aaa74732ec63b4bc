// What `stoker top` shows and what keys do to it. No terminal, no clock, no network: inputs go in, effects come out, a frame is asked for.

import Orchestration
import Stoker

/// The state of the screen.
struct TopState: Sendable {
  /// What the world is asked to do.
  enum Effect: Sendable, Equatable {
    case quit, suspend, repaint, readAgain
    /// Shows a page of a service: its text is read, and read again while it is shown.
    case open(Page.Kind, String)
    /// What is being read or followed for a page is not wanted any more.
    case close
    case perform(Question.Command)
  }

  /// What comes from the world.
  enum Input: Sendable {
    case key(Key)
    case resize(TerminalSize)
    /// Time has passed.
    case tick
    case services(ServicesAnswer)
    case kinship(Kinship)
    case event(ServiceEvent)
    case connected
    case lost(String)
    /// The text of the page that is open.
    case text(Page.Kind, String, [StyledText])
    /// More of a log.
    case more(String, [StyledText])
    case done(String, isGood: Bool)
  }

  var board = Board()
  var kinship = Kinship()
  var size: TerminalSize
  /// Seconds since 1970.
  var now: Double
  var address = ""

  var sorted = Column.name
  var isReversed = false
  var filter = ""
  var isTyping = false
  var onlyTrouble = false
  var page: Page?
  var question: Question?
  /// The last thing that is worth a line: an answer to what somebody asked for, for a while, or else the last event.
  var answer: (text: String, isGood: Bool, at: Double)?
  var lastEvent: ServiceEvent?
  /// Since when nobody answers, and why.
  var lost: (since: Double, reason: String)?
  var hasRead = false

  /// What is listed, in order; kept, since it is needed more often than it changes.
  private(set) var listed: [ServiceRow] = []
  /// The widest of their names.
  private(set) var nameWidth = 0
  /// The name of the line that is chosen, so that it stays chosen when the order changes.
  private(set) var chosen: String?
  private(set) var offset = 0
  private var chosenIndex = 0
  /// Until somebody moves, the first line is the one.
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
      board.replace(with: answer, at: now)
      hasRead = true
      lost = nil
      relist()
    case .kinship(let kinship): self.kinship = kinship
    case .event(let event):
      board.apply(event)
      if event.kind != "hello" { lastEvent = event }
      relist()
      if event.asksForReading { return [.readAgain] }
    case .connected:
      lost = nil
      return [.readAgain]
    case .lost(let reason): lost = lost ?? (now, reason)
    case .text(let kind, let name, let lines): if page?.kind == kind, page?.name == name { page?.show(lines) }
    case .more(let name, let lines): if page?.kind == .logs, page?.name == name { page?.append(lines) }
    case .done(let text, let isGood): answer = (text, isGood, now)
    }
    return []
  }

  /// Filters and sorts anew; who was chosen stays chosen, or else whoever has come to stand there.
  mutating func relist() {
    let filter = filter.lowercased()
    listed = board.rows.values.filter { row in
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

  /// The line that is chosen is seen, and no line is empty while there are services for it.
  mutating func scroll() {
    let rows = max(1, tableRows)
    offset = min(offset, chosenIndex)
    offset = max(offset, chosenIndex - rows + 1)
    offset = max(0, min(offset, listed.count - rows))
  }
}
