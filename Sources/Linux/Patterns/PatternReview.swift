// Patterns as people know them from Perl, Python or JavaScript: glibc takes `\d` for the letter d, and `.*?` for an optional `.*`.

/// Reads a pattern once, from left to right, and looks for what POSIX reads as something else. Texts that are no expression at all are left
/// to glibc, which has its own sentences for them.
struct PatternReview {
  /// The kind of thing before the present place.
  private enum Before {
    /// Nothing that could be repeated: the beginning, of the whole or of an alternative, or an anchor.
    case nothing
    /// One character.
    case character
    /// A repeat.
    case `repeat`
    case other
  }

  private var rest: ArraySlice<UInt8>
  private var before = Before.nothing

  init(_ pattern: String) {
    rest = Array(pattern.utf8)[...]
  }

  /// The first fault; nil if there is none.
  mutating func fault() -> String? {
    while let byte = rest.popFirst() {
      if let fault = fault(of: byte) { return fault }
    }
    return nil
  }

  private mutating func fault(of byte: UInt8) -> String? {
    switch byte {
    case UInt8(ascii: "\\"):
      guard let escaped = rest.popFirst() else { return nil }
      // `\b` and `\B` are edges, and `\s` and `\W` may be a newline.
      before = "bBsW".utf8.contains(escaped) ? .other : .character
      return Self.escapeFault(escaped)
    case UInt8(ascii: "["):
      before = .other
      return listFault()
    case UInt8(ascii: "("):
      before = .nothing
      return rest.first == UInt8(ascii: "?") ? groupFault() : nil
    case UInt8(ascii: "|"): before = .nothing
    case UInt8(ascii: ")"): before = .other
    case UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "?"): return repeatFault(byte)
    case UInt8(ascii: "{"): return intervalFault()
    case UInt8(ascii: "^"):
      if case .character = before { return "'^' after a character can never match: write \\^ for the character itself" }
      before = .nothing
    case UInt8(ascii: "$"):
      if rest.first.map(Self.isCharacter) == true { return "'$' before a character can never match: write \\$ for the character itself" }
      before = .other
    case UInt8(ascii: "\r"): return "a carriage return can never match: \(Self.insteadOfReturn)"
    default: before = byte == UInt8(ascii: "\n") || byte == UInt8(ascii: ".") ? .other : .character
    }
    return nil
  }

  /// Whether a byte stands for itself, and not for a newline or anything that may match one.
  private static func isCharacter(_ byte: UInt8) -> Bool {
    !"\\[(|)*+?{^$\n".utf8.contains(byte)
  }

  // MARK: Escapes

  private static func escapeFault(_ byte: UInt8) -> String? {
    let character = Unicode.Scalar(byte)
    let isLetter = character.properties.isAlphabetic && byte < 0x80
    switch character {
    case "w", "W", "s", "S", "b", "B", "1"..."9": return nil
    case "<", ">":
      return "'\\\(character)' is the edge of a word: write \(character) for the character itself, or \\b for the edge of a word"
    case "'", "`":
      return "'\\\(character)' is the \(character == "'" ? "end" : "beginning") of the text: write \(character) for the character itself, "
        + "or \(character == "'" ? "$" : "^") for the \(character == "'" ? "end" : "beginning") of a line"
    case _ where isLetter || character == "0":
      return "POSIX reads '\\\(character)' as \(isLetter ? "the letter" : "the digit") \(character): \(instead(of: character))"
    default: return nil
    }
  }

  private static func instead(of character: Unicode.Scalar) -> String {
    switch character {
    case "d": "write [0-9]"
    case "D": "write [^0-9]"
    case "h": "write [[:blank:]]"
    case "H": "write [^[:blank:]]"
    case "r": insteadOfReturn
    case "t", "n", "f", "v", "a", "e", "x", "u", "U", "o", "c", "R", "0":
      "write the character itself, which YAML makes of an escape in double quotes, as in \"\\t\""
    case "p", "P": "write a class such as [[:alpha:]], [[:upper:]] or [[:punct:]]"
    case "A": "write ^, which matches at the beginning of each line"
    case "z", "Z": "write $, which matches at the end of each line"
    case "Q", "E": "write a backslash before each character that has a meaning"
    case "N": "write ."
    case "k", "g": "write the text again, since there are no back-references"
    default: "write \(character) for the letter"
    }
  }

  private static let insteadOfReturn = "write ^ or $, since a pattern sees it as the end of a line"

  // MARK: Lists

  /// Reads a list in brackets, in which a backslash is a character like any other.
  private mutating func listFault() -> String? {
    let list = rest
    if rest.first == UInt8(ascii: "^") { rest.removeFirst() }
    if rest.first == UInt8(ascii: "]") { rest.removeFirst() }
    while let byte = rest.popFirst(), byte != UInt8(ascii: "]") {
      switch byte {
      case UInt8(ascii: "["):
        guard let kind = rest.first, [UInt8(ascii: ":"), UInt8(ascii: "."), UInt8(ascii: "=")].contains(kind) else { break }
        rest.removeFirst()
        while let next = rest.popFirst(), !(next == kind && rest.first == UInt8(ascii: "]")) {}
        _ = rest.popFirst()
      case UInt8(ascii: "\\"):
        if rest.first == byte { rest.removeFirst() } else if let fault = rest.first.map(Self.listEscapeFault) { return fault }
      case 0x80...: return "POSIX takes a character that is not ASCII apart in brackets: write (ä|ö) instead of [äö]"
      default: break
      }
    }
    let inner = list[..<max(list.startIndex, rest.startIndex - 1)]
    if inner.count > 2, inner.first == UInt8(ascii: ":"), inner.last == UInt8(ascii: ":") {
      let name = String(decoding: inner, as: UTF8.self)
      return "'[\(name)]' is a list of these characters: write [[\(name)]] for the class"
    }
    return nil
  }

  private static func listEscapeFault(_ escaped: UInt8) -> String {
    let head = "POSIX reads a backslash in brackets as a backslash"
    switch Unicode.Scalar(escaped) {
    case "d": return "\(head): write 0-9 instead of \\d, as in [0-9]"
    case "w": return "\(head): write [:alnum:]_ instead of \\w, as in [[:alnum:]_]"
    case "s": return "\(head): write [:space:] instead of \\s, as in [[:space:]]"
    case "D", "W", "S": return "\(head): write a list of its own for \\\(Unicode.Scalar(escaped)), as in ([^0-9]|x)"
    case "]": return "\(head), and the list ends at the first ]: write ] at its beginning, as in []a], and two backslashes for one"
    case "-": return "\(head): write - at the end of the list, and two backslashes for one"
    case "^": return "\(head): write ^ behind another character, and two backslashes for one"
    case "a"..."z", "A"..."Z", "0"..."9":
      return "\(head): write the character itself instead of \\\(Unicode.Scalar(escaped)), and two backslashes for one"
    default: return "\(head): leave it out, and write two backslashes for one"
    }
  }

  // MARK: Groups and repeats

  private func groupFault() -> String {
    let mark = rest.dropFirst()
    switch (mark.first.map { Unicode.Scalar($0) }, mark.dropFirst().first.map { Unicode.Scalar($0) }) {
    case (":", _): return "POSIX has no '(?:': write ( for a group"
    case ("=", _), ("!", _), ("<", "="), ("<", "!"):
      return "POSIX has no look-around, as in '(?=': write an expression for all of the text that is to match"
    case ("P", _), ("<", _), ("'", _): return "POSIX has no names of groups: write ( for a group"
    default: return "POSIX has no '(?' and no options: write [Aa] for a letter in both cases, and \\? for the character itself"
    }
  }

  private mutating func repeatFault(_ byte: UInt8) -> String? {
    let sign = Unicode.Scalar(byte)
    switch before {
    case .nothing:
      return "'\(sign)' has nothing before it that it could repeat: write \\\(sign) for the character itself, or .\(sign) for any character"
    case .repeat where byte != UInt8(ascii: "*"):
      return byte == UInt8(ascii: "?")
        ? "POSIX has no lazy repeats, as in '*?': leave the ? out, since the same texts match"
        : "POSIX has no possessive repeats, as in '*+': leave the second + out"
    case .character, .repeat, .other: break
    }
    before = .repeat
    return nil
  }

  /// Reads a number of repeats: {2}, {2,} or {2,3}.
  private mutating func intervalFault() -> String? {
    let literal = "write \\{ for the character itself"
    guard let end = rest.firstIndex(of: UInt8(ascii: "}")) else { return "'{' begins a number of repeats and has no '}': \(literal)" }
    let inner = rest[..<end]
    let parts = inner.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
    let areNumbers = parts.allSatisfy { $0.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } }
    guard areNumbers, parts.count <= 2, inner.count > 1 || parts.count == 1, !inner.isEmpty else {
      return "'{' begins a number of repeats, as in {2,3}: \(literal)"
    }
    if case .nothing = before { return "'{' has nothing before it that it could repeat: \(literal)" }
    guard parts.first?.isEmpty == false else {
      let most = String(decoding: parts.last ?? [], as: UTF8.self)
      return "POSIX has no '{,\(most)}': write {0,\(most)}"
    }
    rest = rest[(end + 1)...]
    before = .repeat
    return nil
  }
}
