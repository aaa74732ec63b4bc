// The part of a log that a request asks for.

import HTTPServer
import Linux
import ServiceLogs

/// The lines that a request selects: one stream, a time, a pattern.
struct LogFilter: Sendable {
  let stream: LogStream?
  let since: Timestamp?
  let until: Timestamp?
  private let search: LineSearch?

  /// One caller at a time has a compiled pattern, whose memory grows with the text.
  private static let turnstile = Turnstile(1)

  init(_ request: Request) throws(HTTPFault) {
    stream = try Self.stream(of: request)
    since = try Self.moment("since", of: request)
    until = try Self.moment("until", of: request)
    if let since, let until, until < since { throw .malformed("'until' is before 'since'") }
    let ignoresCase = try request.isOn(query: "ignore_case", words: "1 or 0")
    guard let pattern = request.first(query: "grep") else {
      search = nil
      return
    }
    if let fault = PatternFault.ofCaller(pattern) { throw .malformed("'grep' cannot be used as a pattern: \(fault)") }
    search = LineSearch(pattern, ignoresCase: ignoresCase)
  }

  private static func stream(of request: Request) throws(HTTPFault) -> LogStream? {
    guard let text = request.first(query: "stream") else { return nil }
    guard let stream = LogStream(rawValue: text) else { throw .malformed("'stream' is 'stdout' or 'stderr', not '\(text)'") }
    return stream
  }

  private static func moment(_ name: String, of request: Request) throws(HTTPFault) -> Timestamp? {
    guard let text = request.first(query: name) else { return nil }
    guard let moment = MomentText.parse(text, now: .now, isLocal: false) else {
      throw .malformed("'\(name)' is \(MomentText.expected), not '\(text)'")
    }
    return moment
  }

  /// Whether it looks at times, which lines of a direct log do not have.
  var needsTimes: Bool { since != nil || until != nil }
  /// Whether it leaves out more than one of the streams.
  var isSelective: Bool { needsTimes || search != nil }
  /// Whether a line has to be whole before it can be selected.
  var needsWholeLines: Bool { search != nil }

  /// The selected ones of these lines, in their order.
  func select(_ lines: [LogLine]) async -> [LogLine] {
    let inTime = lines.filter { line in
      (stream == nil || stream == line.stream) && line.time >= since?.nanoseconds ?? .min && line.time <= until?.nanoseconds ?? .max
    }
    guard let search, !inTime.isEmpty else { return inTime }
    var selected: [LogLine] = []
    var rest = inTime[...]
    while !rest.isEmpty, !Task.isCancelled {
      let part = rest.prefix(LineSearch.portion(of: rest.lazy.map(\.text.utf8.count)))
      rest = rest.dropFirst(part.count)
      let matches = await Self.turnstile.pass { search.matches(in: part.map(\.text)) }
      for case (let line, true) in zip(part, matches) { selected.append(line) }
      await Task.yield()
    }
    return selected
  }
}
