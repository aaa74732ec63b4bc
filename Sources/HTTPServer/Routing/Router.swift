// The lookup of routes by path.

import Addresses

/// All routes of a server.
struct Router: Sendable {
  /// The routes of a path, for all methods.
  struct Place {
    let pattern: String
    let routes: [Route]
    let parameters: PathParameters
  }

  private enum Segment {
    case literal(String)
    case parameter(String)
  }

  private struct Entry {
    let pattern: String
    let segments: [Segment]
    var routes: [Route]
  }

  /// Patterns without parameters first, each group in the order of the routes.
  private let entries: [Entry]

  init(_ routes: [Route]) {
    var entries: [Entry] = []
    for route in routes {
      if let index = entries.firstIndex(where: { $0.pattern == route.pattern }) {
        precondition(
          !entries[index].routes.contains { $0.method == route.method }, "two routes for \(route.method) \(route.pattern)")
        entries[index].routes.append(route)
      } else {
        entries.append(Entry(pattern: route.pattern, segments: Self.segments(route.pattern), routes: [route]))
      }
    }
    let fixed = entries.filter { $0.segments.allSatisfy { if case .literal = $0 { true } else { false } } }
    self.entries = fixed + entries.filter { entry in !fixed.contains { $0.pattern == entry.pattern } }
  }

  /// The place of a path, or nil; literals are compared undecoded, parameters are decoded.
  func place(of rawSegments: [Substring]) -> Place? {
    for entry in entries {
      if let parameters = Self.match(entry.segments, rawSegments) {
        return Place(pattern: entry.pattern, routes: entry.routes, parameters: parameters)
      }
    }
    return nil
  }

  /// Every method that any route has, for `OPTIONS *`.
  var allowedMethods: [String] { Self.allowed(entries.flatMap(\.routes)) }

  /// The methods of these routes as `Allow` names them.
  static func allowed(_ routes: [Route]) -> [String] {
    var methods = Set(routes.map(\.method))
    if methods.contains("GET") { methods.insert("HEAD") }
    return methods.sorted()
  }

  private static func segments(_ pattern: String) -> [Segment] {
    pattern.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map { part in
      part.hasPrefix("{") && part.hasSuffix("}") ? .parameter(String(part.dropFirst().dropLast())) : .literal(String(part))
    }
  }

  private static func match(_ pattern: [Segment], _ raw: [Substring]) -> PathParameters? {
    guard pattern.count == raw.count else { return nil }
    var values: [(name: String, value: String)] = []
    for (segment, text) in zip(pattern, raw) {
      switch segment {
      case .literal(let literal):
        guard literal == text else { return nil }
      case .parameter(let name):
        guard !text.isEmpty, let value = PercentDecoding.decode(text) else { return nil }
        values.append((name, value))
      }
    }
    return PathParameters(values)
  }
}
