// The parser of environment files, byte by byte.

import Addresses

/// One pass over an environment file. A fault is noted, and its line skipped.
struct EnvironmentFileParser {
  private(set) var diagnostics: [Diagnostic] = []

  private let bytes: [UInt8]
  private let file: String
  private var position = 0
  private var line = 1
  private var lineStart = 0

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
    let start = (line: line, column: column)
    var name: [UInt8] = []
    while let byte = current, byte != UInt8(ascii: "="), !Self.isLineEnd(byte) {
      name.append(byte)
      advance()
    }
    guard current == UInt8(ascii: "=") else {
      note(start, "expected NAME=value")
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
      note(start, "'\(Spelling.shown(String(decoding: name, as: UTF8.self)))' is not a variable's name: letters, digits and '_'")
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
    return NamedValue(name: text, value: String(decoding: value, as: UTF8.self))
  }

  /// The value up to its line's end; nil, with the fault noted, if a quote is never closed.
  private mutating func value() -> [UInt8]? {
    var value: [UInt8] = []
    // Blanks at the end count only if they were quoted or escaped.
    var kept = 0
    while let byte = current, Self.isBlank(byte) { advance() }
    while let byte = current, !Self.isLineEnd(byte) {
      switch byte {
      case UInt8(ascii: "'"), UInt8(ascii: "\""):
        guard quoted(by: byte, into: &value) else { return nil }
        kept = value.count
      case UInt8(ascii: "\\"):
        advance()
        guard let escaped = current else { break }
        if !skipLineEnd() {
          value.append(escaped)
          advance()
        }
        kept = value.count
      default:
        value.append(byte)
        if !Self.isBlank(byte) { kept = value.count }
        advance()
      }
    }
    return Array(value.prefix(kept))
  }

  private mutating func quoted(by quote: UInt8, into value: inout [UInt8]) -> Bool {
    let start = (line: line, column: column)
    advance()
    while let byte = current {
      if byte == quote {
        advance()
        return true
      }
      advance()
      guard byte == UInt8(ascii: "\\"), quote == UInt8(ascii: "\"") else {
        value.append(byte)
        continue
      }
      guard let escaped = current else { break }
      if skipLineEnd() { continue }
      // As in a shell, a backslash before any other character between double quotes is kept.
      if !Array("\"\\`$".utf8).contains(escaped) { value.append(byte) }
      value.append(escaped)
      advance()
    }
    note(start, "the quote that begins here is never closed")
    return false
  }

  private var current: UInt8? { position < bytes.count ? bytes[position] : nil }
  private var column: Int { bytes[lineStart..<position].count { $0 & 0xC0 != 0x80 } + 1 }

  private mutating func advance() {
    if bytes[position] == UInt8(ascii: "\n") {
      line += 1
      lineStart = position + 1
    }
    position += 1
  }

  /// Moves past a line end, if one stands here.
  private mutating func skipLineEnd() -> Bool {
    guard let byte = current, Self.isLineEnd(byte) else { return false }
    advance()
    if byte == UInt8(ascii: "\r"), current == UInt8(ascii: "\n") { advance() }
    return true
  }

  private mutating func skipLine() {
    while let byte = current, !Self.isLineEnd(byte) { advance() }
  }

  private mutating func note(_ place: (line: Int, column: Int), _ message: String) {
    diagnostics.append(Diagnostic(file: file, line: place.line, column: place.column, message: message))
  }

  private static func isLineEnd(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") }
  private static func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

  private static func isName(_ name: [UInt8]) -> Bool {
    guard let first = name.first, !ASCII.isDigit(first) else { return false }
    return name.allSatisfy(ASCII.isLetterOrDigit(or: "_"))
  }
}
