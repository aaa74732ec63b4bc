// The live table as lines, with columns that fit the terminal.

/// Lays rows out for one width.
struct ServiceTable {
  private let columns: [Column]
  private let widths: [Int]
  private let total: Int
  private let now: Double

  /// The columns before the name: the mark of the selected line, and the mark of the service's state.
  private static let margin = 4
  private static let gap = 2
  /// Least useful width of a note, and its width before the dispensable columns are shown.
  private static let noteWidth = 20
  private static let roomyNote = 32

  /// - Parameters:
  ///   - rows: The visible rows: a thousand are not measured for each frame.
  ///   - nameWidth: The width of the widest listed name, so that columns do not jump while the table scrolls.
  init(_ rows: some Collection<ServiceRow>, nameWidth: Int, width total: Int, now: Double) {
    self.total = total
    self.now = now
    let nameBound = max(8, total / 3)
    var fitting = Column.allCases.filter { $0 != .note }
    func width(_ column: Column) -> Int {
      let title = column.title.count + (Column.sortable.contains(column) ? 1 : 0)
      if column == .name { return min(max(title, nameWidth), nameBound) }
      return rows.reduce(max(title, column.usualWidth)) { max($0, column.cell($1, now: now).width) }
    }
    var needed = Dictionary(uniqueKeysWithValues: fitting.map { ($0, width($0)) })
    func used() -> Int { Self.margin + fitting.reduce(0) { $0 + (needed[$1] ?? 0) + Self.gap } }
    for column in Column.dispensable where used() + (column == .health ? Self.noteWidth : Self.roomyNote) > total {
      fitting.removeAll { $0 == column }
    }
    // Still too wide: the names get less room.
    if used() > total + Self.gap, let name = needed[.name] { needed[.name] = max(6, name - (used() - total - Self.gap)) }
    let note = total - used()
    if note >= Self.noteWidth {
      fitting.append(.note)
      needed[.note] = note
    }
    columns = fitting
    widths = fitting.map { needed[$0] ?? 0 }
  }

  /// The line of titles; an arrow shows the column that the table is sorted by, and the direction.
  func titles(sortedBy sorted: Column, isReversed: Bool) -> StyledText {
    var line = String(repeating: " ", count: Self.margin)
    for (column, width) in zip(columns, widths) {
      let title = column.title + (column == sorted ? (column.beginsWithLeast != isReversed ? "▲" : "▼") : "")
      line += TextWidth.padded(title, to: width, atRight: column.isAtRight)
      if column != columns.last { line += String(repeating: " ", count: Self.gap) }
    }
    return StyledText(line, .title).fitted(to: total)
  }

  func line(_ row: ServiceRow, isChosen: Bool) -> StyledText {
    var line = StyledText(isChosen ? "> " : "  ")
    line.append(row.mark.text, row.mark.style)
    line.append(" ")
    let note = Column.note.cell(row, now: now)
    // Without a column for notes, a service without a process has its note in place of its numbers.
    let isSqueezed = !columns.contains(.note) && row.pid == nil && !note.pieces.isEmpty
    for (column, width) in zip(columns, widths) {
      if isSqueezed, column == .load {
        line.append(Column.note.cell(row, now: now, width: total - line.width))
        break
      }
      let cell = column.cell(row, now: now, width: width)
      if column.isAtRight {
        line.append(String(repeating: " ", count: max(0, width - cell.width)))
        line.append(cell)
      } else {
        line.append(cell.fitted(to: width))
      }
      if column != columns.last { line.append(String(repeating: " ", count: Self.gap)) }
    }
    return isChosen ? line.styled(.chosen).fitted(to: total) : line.cut(to: total)
  }
}
