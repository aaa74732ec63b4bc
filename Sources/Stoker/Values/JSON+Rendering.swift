// JSON values to text.

import HTTPServer

extension JSON {
  /// The value as UTF-8 text with a newline at its end; indented by two spaces a level if `pretty`.
  package func render(pretty: Bool = false) -> [UInt8] {
    var bytes: [UInt8] = []
    write(into: &bytes, indent: pretty ? 0 : nil)
    bytes.append(UInt8(ascii: "\n"))
    return bytes
  }

  private func write(into bytes: inout [UInt8], indent: Int?) {
    switch self {
    case .null: bytes.append(contentsOf: "null".utf8)
    case .bool(let value): bytes.append(contentsOf: (value ? "true" : "false").utf8)
    case .integer(let value): bytes.append(contentsOf: String(value).utf8)
    case .number(let value): bytes.append(contentsOf: Self.text(of: value).utf8)
    case .string(let text): JSONString.append(text, to: &bytes)
    case .verbatim(let text): bytes.append(contentsOf: text)
    case .array(let elements):
      Self.write(elements, between: ("[", "]"), into: &bytes, indent: indent) { element, bytes, indent in
        element.write(into: &bytes, indent: indent)
      }
    case .object(let members):
      Self.write(members, between: ("{", "}"), into: &bytes, indent: indent) { member, bytes, indent in
        JSONString.append(member.name, to: &bytes)
        bytes.append(contentsOf: (indent == nil ? ":" : ": ").utf8)
        member.value.write(into: &bytes, indent: indent)
      }
    }
  }

  private static func write<Element>(
    _ elements: [Element], between brackets: (Unicode.Scalar, Unicode.Scalar), into bytes: inout [UInt8], indent: Int?,
    one: (Element, inout [UInt8], Int?) -> Void
  ) {
    bytes.append(UInt8(ascii: brackets.0))
    let inner = indent.map { $0 + 2 }
    for (position, element) in elements.enumerated() {
      if position > 0 { bytes.append(UInt8(ascii: ",")) }
      newline(inner, into: &bytes)
      one(element, &bytes, inner)
    }
    if !elements.isEmpty { newline(indent, into: &bytes) }
    bytes.append(UInt8(ascii: brackets.1))
  }

  private static func newline(_ indent: Int?, into bytes: inout [UInt8]) {
    guard let indent else { return }
    bytes.append(UInt8(ascii: "\n"))
    bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: indent))
  }

  private static func text(of value: Double) -> String {
    guard value.isFinite else { return "null" }
    return value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : String(value)
  }
}
