// Parses JSON and keeps the order of members: for files of this program, which people read on the reference page.

extension JSON {
  /// Parses a file of this program. `init(parsing:)`, for input of others, orders members by name.
  init(inOrder bytes: [UInt8]) throws(JSONError) {
    var parser = Parser(rest: bytes[...])
    self = try parser.value()
    parser.skipSpace()
    guard parser.rest.isEmpty else { throw JSONError() }
  }

  private struct Parser {
    var rest: ArraySlice<UInt8>

    mutating func value() throws(JSONError) -> JSON {
      skipSpace()
      switch rest.first {
      case UInt8(ascii: "{"): return .object(try elements(until: "}") { parser throws(JSONError) in try parser.member() })
      case UInt8(ascii: "["): return .array(try elements(until: "]") { parser throws(JSONError) in try parser.value() })
      case UInt8(ascii: "\""): return .string(try string())
      case nil: throw JSONError()
      default:
        let word = rest.prefix { !Self.ends.contains($0) }
        rest = rest.dropFirst(word.count)
        return try JSON(parsing: Array(word))
      }
    }

    private static let ends: [UInt8] = Array(",]} \n\r\t".utf8)

    private mutating func elements<Element>(
      until end: Unicode.Scalar, _ one: (inout Parser) throws(JSONError) -> Element
    ) throws(JSONError) -> [Element] {
      rest = rest.dropFirst()
      var elements: [Element] = []
      skipSpace()
      if take(end) { return elements }
      while true {
        elements.append(try one(&self))
        skipSpace()
        if take(end) { return elements }
        guard take(",") else { throw JSONError() }
      }
    }

    private mutating func member() throws(JSONError) -> Member {
      skipSpace()
      let name = try string()
      skipSpace()
      guard take(":") else { throw JSONError() }
      return Member(name, try value())
    }

    private mutating func string() throws(JSONError) -> String {
      guard rest.first == UInt8(ascii: "\"") else { throw JSONError() }
      var end = rest.startIndex + 1
      var isPlain = true
      while end < rest.endIndex, rest[end] != UInt8(ascii: "\"") {
        guard rest[end] == UInt8(ascii: "\\") else {
          end += 1
          continue
        }
        isPlain = false
        end += 2
      }
      guard end < rest.endIndex else { throw JSONError() }
      let quoted = rest[rest.startIndex...end]
      rest = rest[(end + 1)...]
      if isPlain { return String(decoding: quoted.dropFirst().dropLast(), as: UTF8.self) }
      guard let text = try JSON(parsing: Array(quoted)).string else { throw JSONError() }
      return text
    }

    mutating func skipSpace() {
      rest = rest.drop { $0 == 0x20 || $0 == 0x0A || $0 == 0x0D || $0 == 0x09 }
    }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
      guard rest.first == UInt8(ascii: scalar) else { return false }
      rest = rest.dropFirst()
      return true
    }
  }
}
