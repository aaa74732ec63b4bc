// Pages as tests look at them.
import Exposition
import Testing

/// The text of a page written by a closure.
func page(_ write: (inout TextEncoder) throws -> Void) rethrows -> String {
  var encoder = TextEncoder()
  try write(&encoder)
  return String(decoding: encoder.bytes, as: UTF8.self)
}

extension Exposition {
  /// The page as text.
  var text: String { String(decoding: bytes, as: UTF8.self) }
}

/// The text of a sample line up to its value. Label values may contain blanks, values never do.
func seriesID(_ line: Substring) -> Substring {
  line[..<(line.lastIndex(of: " ") ?? line.endIndex)]
}

/// Expects of a page what Prometheus wants and none of its tools checks: each series once, one TYPE a family, families in one piece.
func expectOrderly(_ text: String, sourceLocation: SourceLocation = #_sourceLocation) {
  #expect(text.isEmpty || text.hasSuffix("\n"), sourceLocation: sourceLocation)
  var series: Set<Substring> = []
  var typed: Set<Substring> = []
  var present: Substring = ""
  for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
    if line.hasPrefix("# TYPE ") {
      present = line.split(separator: " ")[2]
      #expect(typed.insert(present).inserted, "\(present) has a second TYPE line", sourceLocation: sourceLocation)
    } else if !line.hasPrefix("# HELP ") {
      #expect(line.hasPrefix(present) && !present.isEmpty, "\(line) does not stand under its family", sourceLocation: sourceLocation)
      #expect(series.insert(seriesID(line)).inserted, "\(line) is a second sample of its series", sourceLocation: sourceLocation)
    }
  }
}
