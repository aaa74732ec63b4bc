// Environment files form by form: quotes, escapes, comments, continuations, encodings, ends of line, `export`. The same table is given to
// the reader of systemd in Tests/EndToEnd/test_environment_files.py.
import Testing

@testable import ServiceFile

@Suite("Environment files")
struct EnvironmentFileTests {
  private func content(_ bytes: [UInt8]) throws -> EnvironmentFile.Content {
    try withDirectory { directory in
      try write(bytes, to: directory + "/env")
      return try EnvironmentFile.content(FileReference(path: directory + "/env"))
    }
  }

  private func faults(_ bytes: [UInt8]) throws -> [String] {
    try withDirectory { directory in
      try write(bytes, to: directory + "/env")
      do throws(ServiceFileError) {
        _ = try EnvironmentFile.content(FileReference(path: directory + "/env"))
        return []
      } catch {
        return error.diagnostics.map { $0.line > 0 ? "\($0.line):\($0.column): \($0.message)" : $0.message }
      }
    }
  }

  @Test(
    "each form has the value that systemd reads",
    arguments: [
      // Names, blanks, ends of line.
      ("A=b", "b"), ("export A=b", "b"), ("export\t A=b", "b"), ("  A = b  ", "b"), ("A=", ""), ("A=  ", ""), ("A=b\r\n", "b"),
      ("A=b\rB=c", "b"),
      ("\r\n\n A=b", "b"), ("A=a  b", "a  b"), ("A=a=b", "a=b"), ("A=ü=%h\r\n", "ü=%h"), ("A\t=b", "b"),
      // Comments.
      ("# c\n; c\n\nA=1", "1"), ("  # c\nA=1", "1"), ("A=a b # c", "a b # c"), ("A=#b", "#b"), ("A=a;b", "a;b"), ("# c \\\nA=1", "1"),
      ("A=\"a\" # c", "a# c"),
      // Quotes.
      ("A='a  $b\\n '", "a  $b\\n "), ("A=\"two\nlines\"", "two\nlines"), ("A='two\r\nlines'", "two\r\nlines"), ("A=\"\"", ""),
      ("A=''", ""),
      ("A=\"x \"  ", "x "), ("A=\"a\"b", "ab"), ("A=\"a\"'b'", "ab"), ("A=\"a\"b'c'", "ab'c'"), ("A=\"a\" b", "ab"), ("A='a' 'b'", "ab"),
      ("A=a'b'", "a'b'"), ("A=a\"b\"", "a\"b\""), ("A=it's", "it's"), ("A={\"a\": \"b\"}", "{\"a\": \"b\"}"), ("A=  \"a\"", "a"),
      ("A='a\"b'", "a\"b"),
      ("A='it'\\''s'", "it''s'"), ("A=a \"b\"", "a \"b\""),
      // Escapes and continuations.
      ("A=\"a\\\"b\\\\c\\$d\\x\\`\"", "a\"b\\c$d\\x`"), ("A=one\\\ntwo", "onetwo"), ("A=one \\\n  two", "one   two"),
      ("A=\"one\\\ntwo\"", "onetwo"),
      ("A=a\\ b\\  ", "a b "), ("A=C:\\\\dir\\n", "C:\\dirn"), ("A=\\\"a\\\"", "\"a\""), ("A=\\'a", "'a"), ("A=a\\", "a"),
      ("A=\\\n\"a\"", "\"a\""),
      ("A='one\\\ntwo'", "one\\\ntwo"), ("A=\"a\\\r\nb\"", "a\\\r\nb"), ("A=a\\\rb", "ab"), ("A=$B ${C}", "$B ${C}"),
    ])
  func values(text: String, value: String) throws {
    #expect(try content(Array(text.utf8)).values.first == NamedValue(name: "A", value: value))
  }

  @Test("a byte order mark of UTF-8 is no part of the first name")
  func byteOrderMark() throws {
    #expect(try content([0xEF, 0xBB, 0xBF] + Array("A=b".utf8)).values == [NamedValue(name: "A", value: "b")])
  }

  @Test(
    "what systemd would drop, or use in part, is refused with its line",
    arguments: [
      ("A=1\nnonsense\n", "2:1: expected NAME=value"), ("export A\n", "1:1: expected NAME=value"),
      ("\n 1B=2", "2:2: '1B' is not a variable's name: letters, digits and '_'"),
      ("A.B=2", "1:1: 'A.B' is not a variable's name: letters, digits and '_'"),
      ("A B=2", "1:1: 'A B' is not a variable's name: letters, digits and '_'"),
      ("=x", "1:1: '' is not a variable's name: letters, digits and '_'"),
      ("C='open\nA=1\n", "1:3: the quote that begins here is never closed"),
      ("C=\"a\\\"", "1:3: the quote that begins here is never closed"),
      ("A=1\rnonsense", "2:1: expected NAME=value"), ("A=b\0c", "1:1: the value of 'A' contains a NUL character"),
      (
        "A=1\nB=one\\\r\ntwo=3",
        "2:6: the '\\' joins no lines, as the line ends with CR and LF: save the file with LF alone, or write one line"
      ),
    ])
  func refused(text: String, fault: String) throws {
    #expect(try faults(Array(text.utf8)) == [fault])
  }

  @Test("text in another encoding is refused, UTF-16 by its name")
  func encodings() throws {
    #expect(try faults(Array("A=1\nB=caf".utf8) + [0xE9]) == ["2:1: the value of 'B' is not valid UTF-8; save the file as UTF-8"])
    #expect(try faults([0xE9] + Array("=1".utf8)) == ["1:1: the line is not valid UTF-8; save the file as UTF-8"])
    for mark: [UInt8] in [[0xFF, 0xFE], [0xFE, 0xFF]] {
      #expect(try faults(mark + [0x41, 0, 0x3D, 0]) == ["it is UTF-16, not valid UTF-8; save it as UTF-8"])
    }
  }

  @Test(
    "a '#' behind a blank in a bare value is worth a remark",
    arguments: [("A=a # b", ["1:5"]), ("A=a#b", []), ("A='a # b'", []), ("# a # b\nA=\"a\" # b", ["2:7"]), ("A=#b", []), ("A=a\\ # b", [])])
  func remarks(text: String, places: [String]) throws {
    #expect(try content(Array(text.utf8)).remarks.map { "\($0.line):\($0.column)" } == places)
  }

  @Test("an optional file may be missing, and is otherwise like any other")
  func optional() throws {
    try withDirectory { directory in
      let file = FileReference(path: directory + "/none", isOptional: true)
      #expect(try EnvironmentFile.content(file).values.isEmpty)
      try write("nonsense".utf8, to: file.path)
      #expect(throws: ServiceFileError.self) { try EnvironmentFile.content(file) }
      #expect(throws: ServiceFileError.self) { try EnvironmentFile.content(FileReference(path: directory, isOptional: true)) }
    }
  }
}
