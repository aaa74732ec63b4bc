// Whether a request accepts gzip.

import NIOHTTP1

enum ContentCoding {
  /// Whether `Accept-Encoding` names gzip with a weight above 0. `*` does not name it: who cannot say gzip had better not get it.
  static func acceptsGzip(_ headers: HTTPHeaders) -> Bool {
    headers[canonicalForm: "accept-encoding"].contains { coding in
      let parts = coding.split(separator: ";").map { trimmed($0).lowercased() }
      guard parts.first == "gzip" else { return false }
      guard let weight = parts.dropFirst().first(where: { $0.hasPrefix("q=") }) else { return true }
      return (Double(weight.dropFirst(2)) ?? 0) > 0
    }
  }

  private static func trimmed(_ text: Substring) -> Substring {
    let isSpace: (Character) -> Bool = { $0 == " " || $0 == "\t" }
    let start = text.drop(while: isSpace)
    return start.prefix(upTo: start.lastIndex { !isSpace($0) }.map { start.index(after: $0) } ?? start.startIndex)
  }
}
