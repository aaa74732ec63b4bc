// Header fields with weights: the lists of formats and encodings that a client accepts (RFC 9110, 12.4.2).

/// The clauses of `Accept` or `Accept-Encoding`, in order. Any header can be read: a part that is not valid gives no clause.
struct WeightedList: Sequence {
  struct Clause {
    /// The value, in lower case.
    let value: String
    /// The parameters, with names in lower case.
    let parameters: [(name: String, value: String)]
    /// The weight, 0 to 1; 0 is a refusal.
    let weight: Double

    /// A parameter's value.
    subscript(_ name: String) -> String? {
      parameters.first { $0.name == name }?.value
    }
  }

  private let clauses: [Clause]

  init(_ text: String) {
    clauses = Self.split(text.utf8[...], at: UInt8(ascii: ",")).compactMap(Self.clause)
  }

  func makeIterator() -> IndexingIterator<[Clause]> {
    clauses.makeIterator()
  }

  private static func clause(_ text: Substring.UTF8View) -> Clause? {
    let parts = split(text, at: UInt8(ascii: ";"))
    let value = trimmed(parts[0]).lowercased()
    if value.isEmpty { return nil }
    let parameters = parts.dropFirst().compactMap { part -> (name: String, value: String)? in
      // A weight without its number is malformed too.
      guard let equals = part.firstIndex(of: UInt8(ascii: "=")) else { return trimmed(part).lowercased() == "q" ? ("q", "") : nil }
      return (trimmed(part[..<equals]).lowercased(), unquoted(trimmed(part[part.index(after: equals)...])))
    }
    guard let weight = parameters.first(where: { $0.name == "q" }) else { return Clause(value: value, parameters: parameters, weight: 1) }
    // A clause with a malformed weight (RFC 9110, 12.4.2) counts as absent: a guess could turn a refusal into consent.
    let isPlain = weight.value.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || $0 == UInt8(ascii: ".") }
    guard isPlain, let number = Double(weight.value), (0...1).contains(number) else { return nil }
    return Clause(value: value, parameters: parameters, weight: number)
  }

  /// Splits a text at a separator, but not inside quotes.
  private static func split(_ text: Substring.UTF8View, at separator: UInt8) -> [Substring.UTF8View] {
    var parts: [Substring.UTF8View] = []
    var start = text.startIndex
    var isQuoted = false
    for index in text.indices {
      switch text[index] {
      case UInt8(ascii: "\""): isQuoted.toggle()
      case separator where !isQuoted:
        parts.append(text[start..<index])
        start = text.index(after: index)
      default: break
      }
    }
    return parts + [text[start...]]
  }

  private static func trimmed(_ text: Substring.UTF8View) -> String {
    let isSpace: (UInt8) -> Bool = { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
    var text = text.drop(while: isSpace)
    while let last = text.last, isSpace(last) { text.removeLast() }
    return String(Substring(text))
  }

  private static func unquoted(_ text: String) -> String {
    text.count > 1 && text.hasPrefix("\"") && text.hasSuffix("\"") ? String(text.dropFirst().dropLast()) : text
  }
}
