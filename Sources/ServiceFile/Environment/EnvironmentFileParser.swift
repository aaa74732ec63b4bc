// The parser of environment files, byte by byte.
//
// The rules are those of systemd's reader, which is a machine of these states: before a name, in a name, before a value, in a bare value,
// in quotes, in a comment. A quote opens only before a value, and a closed quote leads back there: so `"a"b` is one value, blanks behind a
// closed quote are dropped, and a quote in a bare value is a character like any other. Both "\n" and "\r" end a line.

import Addresses

/// One pass over an environment file. A fault is noted, and its line skipped.
struct EnvironmentFileParser {
  private(set) var diagnostics: [Diagnostic] = []
  /// Values that other tools read in another way.
  private(set) var remarks: [Diagnostic] = []

  private let bytes: [UInt8]
  private let file: String
  private var position = 0
  private var line = 1
  private var lineStart = 0

  private typealias Place = (line: Int, column: Int)

  init(_ bytes: [UInt8], file: String) {
    self.bytes = bytes
    self.file = file
  }

  /// All variables.
  mutating func parse() -> [NamedValue] {
    var values: [NamedValue] = []
    while let byte = current {
      switch byte {
      case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"):
        advance()
      case UInt8(ascii: "#"), UInt8(ascii: ";"):
        skipLine()
      default:
        if let value = assignment() { values.append(value) }
      }
    }
    return values
  }

  private mutating func assignment() -> NamedValue? {
    let start = place
    var name: [UInt8] = []
    while let byte = current, byte != UInt8(ascii: "="), !Self.isLineEnd(byte) {
      name.append(byte)
      advance()
    }
    guard current == UInt8(ascii: "=") else {
      note(start, Self.isText(name) ? "expected NAME=value" : Self.notText)
      return nil
    }
    advance()
    let export = Array("export".utf8)
    if name.starts(with: export), name.count > export.count, Self.isBlank(name[export.count]) {
      name = Array(name.dropFirst(export.count).drop(while: Self.isBlank))
    }
    while let last = name.last, Self.isBlank(last) { name.removeLast() }
    let value = value()
    guard Self.isName(name) else {
      let shown = Spelling.shown(String(decoding: name, as: UTF8.self))
      note(start, Self.isText(name) ? "'\(shown)' is not a variable's name: letters, digits and '_'" : Self.notText)
      return nil
    }
    let text = String(decoding: name, as: UTF8.self)
    if let problem = EnvironmentFile.problem(ofName: text) {
      note(start, "'\(text)' \(problem)")
      return nil
    }
    guard let value else { return nil }
    guard !value.contains(0) else {
      note(start, "the value of '\(text)' contains a NUL character")
      return nil
    }
    guard let value = String(validating: value, as: UTF8.self) else {
      note(start, "the value of '\(text)' is not valid UTF-8; save the file as UTF-8")
      return nil
    }
    return NamedValue(name: text, value: value)
  }

  /// The value up to its line's end; nil, with the fault noted, if it is none.
  private mutating func value() -> [UInt8]? {
    var value: [UInt8] = []
    while let byte = current, !Self.isLineEnd(byte) {
      switch byte {
      case UInt8(ascii: " "), UInt8(ascii: "\t"):
        advance()
      case UInt8(ascii: "'"), UInt8(ascii: "\""):
        guard quoted(by: byte, into: &value) else { return nil }
      default:
        return bare(after: value)
      }
    }
    return value
  }

  /// The rest of a value that no quote begins.
  private mutating func bare(after quoted: [UInt8]) -> [UInt8]? {
    var value = quoted
    // Blanks at the end count only if they were escaped.
    var kept = value.count
    var isFaulty = false
    while let byte = current, !Self.isLineEnd(byte) {
      if byte == UInt8(ascii: "\\") {
        let start = place
        advance()
        if let escaped = current {
          if escaped == UInt8(ascii: "\r"), next == UInt8(ascii: "\n") {
            note(start, "the '\\' joins no lines, as the line ends with CR and LF: save the file with LF alone, or write one line")
            isFaulty = true
          } else if !Self.isLineEnd(escaped) {
            value.append(escaped)
          }
          advance()
        }
        kept = value.count
        continue
      }
      if byte == UInt8(ascii: "#"), kept < value.count || (value.count == quoted.count && !quoted.isEmpty) {
        let message = "' #' begins no comment here and is part of the value, as for systemd; quote the value, or write the comment above it"
        remarks.append(Diagnostic(file: file, line: line, column: column, message: message))
      }
      value.append(byte)
      if !Self.isBlank(byte) { kept = value.count }
      advance()
    }
    return isFaulty ? nil : Array(value.prefix(kept))
  }

  private mutating func quoted(by quote: UInt8, into value: inout [UInt8]) -> Bool {
    let start = place
    advance()
    while let byte = current {
      advance()
      if byte == quote { return true }
      guard byte == UInt8(ascii: "\\"), quote == UInt8(ascii: "\"") else {
        value.append(byte)
        continue
      }
      guard let escaped = current else { break }
      advance()
      if escaped == UInt8(ascii: "\n") { continue }
      // As in a shell, a backslash before any other character between double quotes is kept.
      if !"\"\\`$".utf8.contains(escaped) { value.append(byte) }
      value.append(escaped)
    }
    note(start, "the quote that begins here is never closed")
    return false
  }

  private var current: UInt8? { position < bytes.count ? bytes[position] : nil }
  private var next: UInt8? { position + 1 < bytes.count ? bytes[position + 1] : nil }
  private var place: Place { (line, column) }
  private var column: Int { bytes[lineStart..<position].count { $0 & 0xC0 != 0x80 } + 1 }

  private mutating func advance() {
    // A file with CR alone has lines as well.
    if bytes[position] == UInt8(ascii: "\n") || (bytes[position] == UInt8(ascii: "\r") && next != UInt8(ascii: "\n")) {
      line += 1
      lineStart = position + 1
    }
    position += 1
  }

  private mutating func skipLine() {
    while let byte = current, !Self.isLineEnd(byte) { advance() }
  }

  private mutating func note(_ place: Place, _ message: String) {
    diagnostics.append(Diagnostic(file: file, line: place.line, column: place.column, message: message))
  }

  private static let notText = "the line is not valid UTF-8; save the file as UTF-8"

  private static func isText(_ bytes: [UInt8]) -> Bool { String(validating: bytes, as: UTF8.self) != nil }
  private static func isLineEnd(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") }
  private static func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

  private static func isName(_ name: [UInt8]) -> Bool {
    guard let first = name.first, !ASCII.isDigit(first) else { return false }
    return name.allSatisfy(ASCII.isLetterOrDigit(or: "_"))
  }
}
