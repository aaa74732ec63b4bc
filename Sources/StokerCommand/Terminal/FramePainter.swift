// From one frame of the screen to the next: only the lines that changed, in one write.

/// A terminal's size in characters.
struct TerminalSize: Sendable, Equatable {
  var columns: Int
  var rows: Int
}

/// Keeps the lines that the screen shows.
struct FramePainter {
  private var shown: [StyledText] = []
  private var size: TerminalSize?
  var isColoured: Bool

  init(coloured: Bool) {
    isColoured = coloured
  }

  /// Forgets them, after other output on the screen: the next frame is painted whole.
  mutating func forget() {
    size = nil
  }

  /// The bytes that change the screen to `lines`; empty if it shows them already.
  mutating func paint(_ lines: [StyledText], size newSize: TerminalSize) -> [UInt8] {
    var bytes: [UInt8] = []
    if size != newSize {
      size = newSize
      shown = []
      bytes += "\u{1B}[0m\u{1B}[2J".utf8
    }
    let lines = lines.prefix(newSize.rows).map { $0.cut(to: newSize.columns) }
    for row in 0..<max(lines.count, shown.count) {
      let line = row < lines.count ? lines[row] : StyledText()
      if row < shown.count ? shown[row] == line : line.pieces.isEmpty { continue }
      bytes += "\u{1B}[\(row + 1);1H".utf8
      bytes += line.bytes(coloured: isColoured)
      // After a full line the cursor stands on its last letter, which this would erase.
      if line.width < newSize.columns { bytes += "\u{1B}[K".utf8 }
    }
    shown = lines
    return bytes
  }
}
