// Columns, and characters that must not reach a terminal.

import Testing

@testable import StokerCommand

struct TableTests {
  @Test("columns line up, numbers at the right, and no line ends in blanks")
  func alignment() {
    let table = Table(header: ["NAME", "PID", "NOTE"], rows: [["dao", "7", ""], ["vpn_coordinator", "4711", "fine"]], rightAligned: [1])
    #expect(
      table.lines() == [
        "NAME              PID  NOTE",
        "dao                 7",
        "vpn_coordinator  4711  fine",
      ])
  }

  @Test(
    "a line that does not fit is cut and says so; one that just fits is not",
    arguments: [(11, "dao  123456"), (10, "dao  1234…"), (2, "d…")])
  func width(width: Int, line: String) {
    #expect(Table(rows: [["dao", "123456"]]).lines(width: width) == [line])
  }

  @Test("what a service says cannot move the cursor, start a new line or turn the text round")
  func controls() {
    #expect(Table(rows: [["dao", "one\ntwo\u{1B}[2J"]]).lines() == [#"dao  one two\x1b[2J"#])
  }
}
