// Targets of requests: path and query, perhaps after an authority.

import Addresses

/// The parts of a request's target. Segments are split before they are decoded, so that no `%2F` becomes a separator.
struct RequestTarget {
  /// The segments after the first slash, not decoded.
  let rawSegments: [Substring]
  /// The path for people: decoded except for `%2F`.
  let path: String
  let query: [(name: String, value: String)]
  /// The authority of an absolute-form target (`GET http://host/path`), which then counts as well as the Host header.
  let authority: Authority?

  init(parsing text: String) throws(HTTPFault) {
    var rest = Substring(text)
    if rest.hasPrefix("/") {
      authority = nil
    } else {
      guard let scheme = rest.firstRange(of: "://"), ["http", "https"].contains(rest[..<scheme.lowerBound].lowercased()) else {
        throw .malformed("the target of a request is a path that starts with a slash")
      }
      rest = rest[scheme.upperBound...]
      let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
      guard let authority = try? Authority(parsing: rest[..<end]) else { throw .malformed("the target has no valid host") }
      self.authority = authority
      rest = rest[end...]
    }
    guard !rest.utf8.contains(UInt8(ascii: "#")) else { throw .malformed("the target of a request has no fragment") }

    let mark = rest.firstIndex(of: "?") ?? rest.endIndex
    rawSegments = rest[..<mark].dropFirst().split(separator: "/", omittingEmptySubsequences: false)
    var path = ""
    for segment in rawSegments {
      guard let decoded = PercentDecoding.decode(segment) else { throw .malformed("the path has a broken percent escape") }
      path += "/"
      path +=
        decoded.utf8.contains(UInt8(ascii: "/"))
        ? decoded.split(separator: "/", omittingEmptySubsequences: false).joined(separator: "%2F") : decoded
    }
    self.path = path.isEmpty ? "/" : path

    var query: [(name: String, value: String)] = []
    for pair in rest[mark...].dropFirst().split(separator: "&") {
      let equals = pair.firstIndex(of: "=") ?? pair.endIndex
      guard let name = PercentDecoding.decode(pair[..<equals], plusIsSpace: true),
        let value = PercentDecoding.decode(pair[equals...].dropFirst(), plusIsSpace: true)
      else { throw .malformed("the query has a broken percent escape") }
      query.append((name, value))
    }
    self.query = query
  }
}
