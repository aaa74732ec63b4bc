// The terminal's parts without a terminal: keys from bytes, widths of letters, the difference of two frames.

import Testing

@testable import StokerCommand

struct KeyParserTests {
  @Test(
    "what terminals send is the key that was pressed",
    arguments: [
      ("\u{1B}[A", [Key.up]), ("\u{1B}OB", [.down]), ("\u{1B}[5~", [.pageUp]), ("\u{1B}[1;5C", [.right]),
      ("\u{1B}[H\u{1B}[4~", [.home, .end]),
      ("q", [.character("q")]), ("ü漢🔥", [.character("ü"), .character("漢"), .character("🔥")]), ("\r", [.enter]), ("\u{7F}", [.backspace]),
      ("\u{3}", [.control("c")]), ("\t", [.tab]), ("\u{1B}[<0;1;1M", [.enter]), ("\u{1B}[99~x", [.character("x")]),
    ])
  func keys(sent: String, keys: [Key]) {
    var parser = KeyParser()
    #expect(parser.take(sent.utf8) == keys)
    #expect(!parser.isWaiting)
  }

  @Test("a sequence may come byte by byte", arguments: ["\u{1B}[A", "\u{1B}OA"])
  func pieces(sent: String) {
    var parser = KeyParser()
    var keys: [Key] = []
    for byte in sent.utf8 { keys += parser.take([byte]) }
    #expect(keys == [.up])
  }

  @Test("letters of more than one byte may come byte by byte")
  func letters() {
    var parser = KeyParser()
    #expect("漢x".utf8.flatMap { parser.take([$0]) } == [.character("漢"), .character("x")])
  }

  @Test("escape is a key once nothing follows it, and is not lost before another key")
  func escape() {
    var parser = KeyParser()
    #expect(parser.take([0x1B]) == [])
    #expect(parser.isWaiting)
    #expect(parser.flush() == [.escape])
    #expect(!parser.isWaiting)
    #expect(parser.take([0x1B, UInt8(ascii: "q")]) == [.escape, .character("q")])
    #expect(parser.take([0x1B, 0x1B]) == [.escape])
    #expect(parser.flush() == [.escape])
  }

  @Test("what is no UTF-8 and no sequence is passed over, and never waited for without end")
  func garbage() {
    var parser = KeyParser()
    #expect(parser.take([0xFF, 0xC0, 0x80, UInt8(ascii: "a"), 0xE2, UInt8(ascii: "b")]) == [.character("a"), .character("b")])
    #expect(parser.take([0x1B, UInt8(ascii: "[")] + [UInt8](repeating: UInt8(ascii: "1"), count: 64)) == [])
    #expect(!parser.isWaiting)
    #expect(parser.take("z".utf8) == [.character("z")])
  }
}

struct TextWidthTests {
  @Test(
    "a letter takes the columns that terminals give it",
    arguments: [
      ("dao", 3), ("漢字", 4), ("e\u{301}", 1), ("ｱ", 1), ("Ａ", 2), ("한", 2), ("🔥", 2), ("…", 1), ("●", 1), ("", 0), ("👩‍👩‍👧", 2),
      ("⚠\u{FE0F}", 2),
    ])
  func columns(text: String, columns: Int) {
    #expect(TextWidth.of(text) == columns)
  }

  @Test(
    "what does not fit is cut between letters, never through a wide one",
    arguments: [(5, "漢字abc", "漢字…"), (4, "漢字abc", "漢…"), (7, "漢字abc", "漢字abc"), (1, "abc", "…"), (0, "abc", "")])
  func cut(width: Int, text: String, cut: String) {
    #expect(TextWidth.cut(text, to: width) == cut)
    #expect(TextWidth.of(cut) <= width)
  }

  @Test(
    "a name that does not fit keeps its beginning and its end",
    arguments: [
      (9, "worker-eu-1", "work…eu-1"), (4, "漢字漢字", "漢…"), (7, "漢字漢字", "漢…漢字"), (11, "worker-eu-1", "worker-eu-1"), (2, "abc", "a…"),
    ])
  func cutInside(width: Int, text: String, cut: String) {
    #expect(TextWidth.cutInside(text, to: width) == cut)
    #expect(TextWidth.of(cut) <= width)
  }

  @Test("long text is broken at blanks, longer words where they must be, and no line is too wide")
  func wrapping() {
    #expect(TextWidth.wrapped("one two three four", to: 14, indent: "  ") == ["one two three", "  four"])
    #expect(TextWidth.wrapped("short", to: 20) == ["short"])
    for width in [12, 20, 33] {
      let lines = TextWidth.wrapped(
        "a sentence with averyveryveryverylongwordinitthatfitsnowhere and 漢字漢字漢字漢字漢字漢字", to: width, indent: "  ")
      #expect(lines.allSatisfy { TextWidth.of($0) <= width })
      #expect(lines.joined().filter { $0 != " " } == "asentencewithaveryveryveryverylongwordinitthatfitsnowhereand漢字漢字漢字漢字漢字漢字")
    }
  }

  @Test("a table lines up below wide letters")
  func table() {
    #expect(Table(rows: [["漢字", "x"], ["dao", "y"]]).lines() == ["漢字  x", "dao   y"])
  }
}

struct StyledTextTests {
  @Test("colours say what is meant, and are left out where nobody wants them")
  func colours() {
    let line = StyledText("dao ") + StyledText("failed", .bad)
    #expect(String(decoding: line.bytes(coloured: true), as: UTF8.self) == "dao \u{1B}[31mfailed\u{1B}[0m")
    #expect(String(decoding: line.bytes(coloured: false), as: UTF8.self) == "dao failed")
  }

  @Test(
    "no colours where no person looks, where one said no, or where the terminal cannot",
    arguments: [
      (true, nil, "xterm", true), (true, "", "xterm", true), (true, "1", "xterm", false), (true, nil, "dumb", false),
      (false, nil, "xterm", false),
      (true, nil, nil, true),
    ] as [(Bool, String?, String?, Bool)])
  func wanted(isTerminal: Bool, noColor: String?, terminal: String?, wanted: Bool) {
    #expect(Colours.areWanted(isTerminal: isTerminal, noColor: noColor, terminal: terminal) == wanted)
  }

  @Test("a line is cut at its end over all its pieces, and filled up to where it should reach")
  func fitting() {
    let line = StyledText("dao", .strong) + StyledText(" failed", .bad)
    #expect(line.cut(to: 9).plain == "dao fail…")
    #expect(line.cut(to: 9).width == 9)
    #expect(line.cut(to: 10) == line)
    #expect(line.cut(to: 3).plain == "da…")
    #expect(line.cut(to: 4).plain == "dao…")
    #expect(line.fitted(to: 12).plain == "dao failed  ")
  }

  @Test("what a service says moves no cursor")
  func controls() {
    #expect(StyledText("a\u{1B}[2Jb").plain == #"a\x1b[2Jb"#)
  }
}

struct FramePainterTests {
  private let size = TerminalSize(columns: 10, rows: 3)

  private func text(_ bytes: [UInt8]) -> String {
    String(decoding: bytes, as: UTF8.self).replacing("\u{1B}", with: "^")
  }

  @Test("only the lines that changed are written, and nothing where nothing did")
  func difference() {
    var painter = FramePainter(coloured: false)
    let first = ["one", "two", "three"].map { StyledText($0) }
    #expect(text(painter.paint(first, size: size)) == "^[0m^[2J^[1;1Hone^[K^[2;1Htwo^[K^[3;1Hthree^[K")
    #expect(painter.paint(first, size: size) == [])
    #expect(text(painter.paint([StyledText("one"), StyledText("2"), StyledText("three")], size: size)) == "^[2;1H2^[K")
    #expect(text(painter.paint([StyledText("one")], size: size)) == "^[2;1H^[K^[3;1H^[K")
  }

  @Test("a line as wide as the screen keeps its last letter, a wider one is cut, and a picture too tall is too")
  func full() {
    var painter = FramePainter(coloured: false)
    let lines = ["0123456789", "0123456789ab", "", "hidden"].map { StyledText($0) }
    #expect(text(painter.paint(lines, size: size)) == "^[0m^[2J^[1;1H0123456789^[2;1H012345678…")
  }

  @Test("another size, or a screen that is not ours any more, is painted whole")
  func whole() {
    var painter = FramePainter(coloured: false)
    _ = painter.paint([StyledText("one")], size: size)
    painter.forget()
    #expect(text(painter.paint([StyledText("one")], size: size)) == "^[0m^[2J^[1;1Hone^[K")
    #expect(text(painter.paint([StyledText("one")], size: TerminalSize(columns: 5, rows: 3))) == "^[0m^[2J^[1;1Hone^[K")
  }
}
