// The choice of a content coding.

import NIOHTTP1

/// The decision for responses whose handler leaves it to the server.
enum ContentCoding {
  /// Whether `Accept-Encoding` names gzip with a weight above 0 (RFC 9110, 12.5.3). `*` does not name it: a client that cannot write gzip
  /// may not read it either.
  ///
  /// A clause with a malformed weight (`gzip;q=2`, `gzip;q`; RFC 9110, 12.4.2) counts as absent. Every client reads a body without a coding, while a guess
  /// could send gzip to a client that meant to refuse it.
  static func acceptsGzip(_ headers: HTTPHeaders) -> Bool {
    headers[canonicalForm: "accept-encoding"].contains { clause in
      let parts = clause.split(separator: ";", omittingEmptySubsequences: false)
      return trimmed(parts[0]).lowercased() == "gzip" && weight(parts.dropFirst()) > 0
    }
  }

  /// The weight among a clause's parameters; 1 where there is none, 0 where it is malformed.
  private static func weight(_ parameters: ArraySlice<Substring>) -> Double {
    for parameter in parameters {
      let sides = parameter.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(trimmed)
      guard sides[0].lowercased() == "q" else { continue }
      guard sides.count == 2, sides[1].utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") }) else { return 0 }
      return Double(sides[1]).flatMap { $0 <= 1 ? $0 : nil } ?? 0
    }
    return 1
  }

  private static func trimmed(_ text: Substring) -> Substring {
    let isSpace: (Character) -> Bool = { $0 == " " || $0 == "\t" }
    let start = text.drop(while: isSpace)
    return start.prefix(upTo: start.lastIndex { !isSpace($0) }.map { start.index(after: $0) } ?? start.startIndex)
  }
}
