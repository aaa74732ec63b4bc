// The outermost grammar of URLs.

/// URLs of any scheme, as texts.
package enum URLText {
  /// The parts before and after `://`; nil where the text has no scheme.
  package static func split(_ text: some StringProtocol) -> (scheme: String, rest: Substring)? {
    let text = Substring(text)
    guard let separator = text.firstRange(of: "://") else { return nil }
    let scheme = text[..<separator.lowerBound]
    guard let first = scheme.utf8.first, !ASCII.isDigit(first), ASCII.isLetterOrDigit(or: "")(first),
      scheme.utf8.allSatisfy(ASCII.isLetterOrDigit(or: "+.-"))
    else { return nil }
    return (scheme.lowercased(), text[separator.upperBound...])
  }

  /// Whether a text is a URL for people and programs to open: a scheme, something behind it, no spaces or control characters.
  package static func isURL(_ text: String) -> Bool {
    guard let (_, rest) = split(text), !rest.isEmpty else { return false }
    return text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F }
  }
}
