// Pages as tests look at them.
import Testing

@testable import Exposition

/// The text of a page written by a closure.
func page(_ write: (inout PageWriter) -> Void) -> String {
  var page = Page()
  page.collect(reserved: [], write)
  return page.text()
}

extension Page {
  /// The page in a format, as text.
  mutating func text(_ format: MediaType.Format = .text) -> String {
    write(Style(format: format), MediaType(format), names: nil, gzip: false).text
  }
}

extension RenderedPage {
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

/// A collector made of a closure.
struct Closure: Collector {
  let name: String
  let write: @Sendable (inout PageWriter) throws -> Void

  func collect(into page: inout PageWriter) throws { try write(&page) }
}
