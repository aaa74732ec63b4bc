// Tables of aligned columns.

/// Rows of text as aligned columns, with two blanks between them.
struct Table {
  /// The title row; empty for a table without one.
  var header: [String] = []
  var rows: [[String]]

  /// Columns whose text is aligned to the right.
  var rightAligned: Set<Int> = []

  /// The lines, without trailing blanks. Where `width` is given, a line that does not fit is cut and ends in `…`.
  func lines(width: Int? = nil) -> [String] {
    let rows = printableRows
    let widths = widths
    let columns = widths.count
    return rows.map { row in
      var line = ""
      for (column, cell) in row.enumerated() {
        let isLast = column == columns - 1
        let padding = String(repeating: " ", count: widths[column] - TextWidth.of(cell))
        line += column == 0 ? "" : "  "
        if rightAligned.contains(column) {
          line += padding + cell
        } else {
          line += isLast ? cell : cell + padding
        }
      }
      while line.last == " " { line.removeLast() }
      return Self.cut(line, to: width)
    }
  }

  /// The width of each column.
  var widths: [Int] {
    let rows = printableRows
    return (0..<(rows.map(\.count).max() ?? 0)).map { column in
      rows.map { $0.indices.contains(column) ? TextWidth.of($0[column]) : 0 }.max() ?? 0
    }
  }

  private var printableRows: [[String]] {
    (header.isEmpty ? [] : [header]) + rows.map { $0.map(TerminalText.line) }
  }

  /// Removes the column of this title.
  mutating func remove(_ title: String) {
    guard let column = header.firstIndex(of: title) else { return }
    header.remove(at: column)
    for row in rows.indices where rows[row].indices.contains(column) { rows[row].remove(at: column) }
    rightAligned = Set(rightAligned.filter { $0 != column }.map { $0 > column ? $0 - 1 : $0 })
  }

  private static func cut(_ line: String, to width: Int?) -> String {
    guard let width, width > 1 else { return line }
    return TextWidth.cut(line, to: width)
  }
}
