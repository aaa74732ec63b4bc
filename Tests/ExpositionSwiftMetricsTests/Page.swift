// Pages for tests.
import Testing

import class Exposition.Registry

extension Registry {
  /// The current page as text.
  var text: String { String(decoding: render().bytes, as: UTF8.self) }

  /// The lines of samples.
  var samples: [Substring] { text.split(separator: "\n").filter { !$0.hasPrefix("#") } }

  /// The names of the families, in order.
  var families: [Substring] { text.split(separator: "\n").filter { $0.hasPrefix("# TYPE ") }.map { $0.split(separator: " ")[2] } }
}

/// Expects a page to follow Prometheus' rules: each series once, one TYPE per family, samples under their family, names
/// of letters, digits and `_`.
func expectOrderly(_ text: String, sourceLocation: SourceLocation = #_sourceLocation) {
  var series: Set<Substring> = []
  var typed: Set<Substring> = []
  var present: Substring = ""
  for line in text.split(separator: "\n") {
    if line.hasPrefix("# TYPE ") {
      present = line.split(separator: " ")[2]
      #expect(typed.insert(present).inserted, "\(present) has a second TYPE line", sourceLocation: sourceLocation)
      #expect(present.wholeMatch(of: /(?!__)[a-zA-Z_][a-zA-Z0-9_]*/) != nil, "\(present) is no name", sourceLocation: sourceLocation)
    } else if !line.hasPrefix("# HELP ") {
      #expect(line.hasPrefix(present) && !present.isEmpty, "\(line) does not stand under its family", sourceLocation: sourceLocation)
      let isNew = series.insert(line[..<(line.lastIndex(of: " ") ?? line.endIndex)]).inserted
      #expect(isNew, "\(line) is a second sample of its series", sourceLocation: sourceLocation)
    }
  }
}
